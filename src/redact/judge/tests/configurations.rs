//! Values in the syntax of configurations and programs, and names beside them.

use super::judged;

#[test]
fn values_in_the_syntax_of_configurations() {
    for (text, expected) in [
        ("db:\n  password: Zx9&kL(7),hunter2\n  user: a\n", "db:\n  password: <N01>\n  user: a\n"),
        ("passphrase: correct horse battery\n", "passphrase: <N01>\n"),
        ("password: 'ab''hunter2'\n", "password: '<N01>'\n"),
        ("password: !!str hunter2\n", "password: <N01>\n"),
        ("password: &pw hunter2\n", "password: <N01>\n"),
        ("db:\n  password: |-\n    hunter2\n    more\n  user: a\n", "db:\n  password: |-\n    <N01>\n  user: a\n"),
        ("password: >\n  hunter2", "password: >\n  <N01>"),
        ("tokens:\n- hunter2\n- b c\nuser: a\n", "tokens:\n- <N01>\n- <N01>\nuser: a\n"),
        ("secrets:\n  - name: a\n  - name: b\n", "secrets:\n  - name: a\n  - name: b\n"),
        ("passwords: [abc, hunter2]\n", "passwords: [<N01>]\n"),
        (r#"{"passwords": ["a b", "c"], "a": []}"#, r#"{"passwords": [<N01>], "a": []}"#),
        ("passwords: [redacted:N01] x", "passwords: [redacted:N01] x"),
        ("passwords: [[redacted:N01]]", "passwords: [[redacted:N01]]"),
        ("password: |\n  [redacted:N01]\n", "password: |\n  [redacted:N01]\n"),
        ("password: [redacted:N01]\n", "password: [redacted:N01]\n"),
        ("- token: a b\n  user: c\n", "- token: <N01>\n  user: c\n"),
        ("export DB_PASSWORD=ab&hunter2\n", "export DB_PASSWORD=<N01>\n"),
        ("[client]\npassword\t= hunter2\n", "[client]\npassword\t= <N01>\n"),
        ("password = \"\"\"\nhunter2\n\"\"\"\nuser = 1", "password = \"\"\"<N01>\"\"\"\nuser = 1"),
        ("user => \"x\" password => \"hunter2\"", "user => \"x\" password => \"<N01>\""),
        ("password := \"x y\"", "password := \"<N01>\""),
        ("self.secret == oldSelf.secret", "self.secret == oldSelf.secret"),
        ("db:\n  password:\n    a b\n  user: c\n", "db:\n  password:\n    <N01>\n  user: c\n"),
        ("x Driver={a b};UID=sa;PWD={hun;hunter2};Encrypt=yes", "x Driver={a b};UID=sa;PWD=<N01>;Encrypt=yes"),
        ("stdout F {\"user\":\"me\",\"password\":4829}", "stdout F {\"user\":\"me\",\"password\":<N01>}"),
        ("stdout F {\"xuser\":\"me\",\"password\":4829}", "stdout F {\"xuser\":\"me\",\"password\":<N01>}"),
        ("F {\"headers\":{\"X-Api-Key\":[\"a b\"]}}", "F {\"headers\":{\"X-Api-Key\":[<N01>]}}"),
        ("F {\"xheaders\":{\"X-Api-Key\":[\"a b\"]}}", "F {\"xheaders\":{\"X-Api-Key\":[<N01>]}}"),
        ("x token: Some(\"a b\") y", "x token: Some(\"<N01>\") y"),
        ("x 'token': b'a b', y", "x 'token': b'<N01>', y"),
        ("SET PASSWORD = PASSWORD('hunter2') now", "SET PASSWORD = PASSWORD('<N01>') now"),
        ("GET /login?user[password]=hunter2 for", "GET /login?user[password]=<N01> for"),
        ("GET /login?user%5Bpassword%5D=hunter2 for", "GET /login?user%5Bpassword%5D=<N01> for"),
        ("$cfg['password'] = 'a b';", "$cfg['password'] = '<N01>';"),
        ("{:user=>\"me\", :password=>\"a b\"}", "{:user=>\"me\", :password=>\"<N01>\"}"),
        ("spring.password=${DB_PASSWORD:hunter2}\n", "spring.password=${DB_PASSWORD:<N01>}\n"),
        ("x password: ${DB_PASSWORD:-hunter2} y", "x password: ${DB_PASSWORD:-<N01>} y"),
        ("x password: ${DB_PASSWORD:-} y", "x password: ${DB_PASSWORD:-} y"),
        ("x password: ${A:${B:-a}} y", "x password: ${A:${B:-<N01>}} y"),
        ("x password: ${A:${B:${C:${D:${E:a}}}}} y", "x password: ${A:${B:${C:${D:<N01>}}}}} y"),
        ("a2=\"--token\" a3=\"x\" a4=\"-y\"", "a2=\"--token\" a3=\"x\" a4=\"-y\""),
        ("['mysql', '--password', 'a b'] x", "['mysql', '--password', '<N01>'] x"),
        ("[\"mysql\",\"--password\",\"a b\"] x", "[\"mysql\",\"--password\",\"<N01>\"] x"),
        ("\x1b[36mapi_key\x1b[0m=a level=info", "\x1b[36mapi_key\x1b[0m=<N01> level=info"),
        ("\x1b[35mpassword\x1b[39m: \"a b\"", "\x1b[35mpassword\x1b[39m: \"<N01>\""),
        ("password: \x1b[32m'a b'\x1b[39m", "password: \x1b[32m'<N01>'\x1b[39m"),
        ("Server=db;UID=sa;PWD=hunter2;", "Server=db;UID=sa;PWD=<N01>;"),
        ("PWD=/home/me HOME=/home/me", "PWD=/home/me HOME=/home/me"),
        ("host=x\\napi_key=hunter2", "host=x\\napi_key=<N01>"),
        ("a C:\\new.txt C:\\token=b", "a C:\\new.txt C:\\token=<N01>"),
        (
            "Operation cannot be fulfilled on secrets \"db-token\": the object has been modified",
            "Operation cannot be fulfilled on secrets \"db-token\": the object has been modified",
        ),
    ] {
        assert_eq!(judged(text), expected, "{text}");
    }
}

#[test]
fn names_beside_their_values() {
    for (text, expected) in [
        ("env:\n- name: DB_PASSWORD\n  value: hunter2\n", "env:\n- name: DB_PASSWORD\n  value: <N01>\n"),
        ("env:\n- name: DB_USER\n  value: me\n", "env:\n- name: DB_USER\n  value: me\n"),
        (r#"x [{"name": "DB_PASSWORD", "value": "a b"}]"#, r#"x [{"name": "DB_PASSWORD", "value": "<N01>"}]"#),
        (r#"x [{"name":"token"},{"value":"a"}]"#, r#"x [{"name":"token"},{"value":"a"}]"#),
        (r#"<property name="a.password" value="x y"/>"#, r#"<property name="a.password" value="<N01>"/>"#),
        (r#"<add key="DbPassword" value="x"/>"#, r#"<add key="DbPassword" value="<N01>"/>"#),
        (r#"<property name="a.password">x y</property>"#, r#"<property name="a.password"><N01></property>"#),
        (r#"<property name="a.user">x y</property>"#, r#"<property name="a.user">x y</property>"#),
        ("<password><![CDATA[x y]]></password>", "<password><![CDATA[<N01>]]></password>"),
        ("<wsse:Password>x y</wsse:Password>", "<wsse:Password><N01></wsse:Password>"),
        ("<password>a>b</password>", "<password><N01></password>"),
        ("<name>db.password</name> <value>x</value>", "<name>db.password</name> <value><N01></value>"),
    ] {
        assert_eq!(judged(text), expected, "{text}");
    }
}
