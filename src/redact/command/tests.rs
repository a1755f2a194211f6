#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;

fn masked(arguments: &[&str]) -> String {
    let bytes: Vec<&[u8]> = arguments.iter().map(|argument| argument.as_bytes()).collect();
    let mut parts = Vec::new();
    secret_parts(&bytes, &mut parts);
    let mut out: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    parts.sort_unstable();
    for (index, start, end) in parts.into_iter().rev() {
        out.get_mut(index).unwrap().replace_range(start..end, "*");
    }
    out.join(" , ")
}

#[test]
fn secret_arguments() {
    for (arguments, expected) in [
        (&["app", "--password", "hunter2", "--user", "me"][..], "app , --password , * , --user , me"),
        (&["app", "--db-password=hunter2", "-v"], "app , --db-password=* , -v"),
        (&["app", "-token", "abc"], "app , -token , *"),
        (&["mysql", "-uroot", "-phunter2", "db"], "mysql , -uroot , -p* , db"),
        (&["-uroot", "-phunter2"], "-uroot , -p*"),
        (&["mysql", "-uroot", "-paGVsbG8=", "db"], "mysql , -uroot , -p* , db"),
        (&["sh", "-c", "vault login --token Basic abc -x"], "sh , -c , vault login --token * * -x"),
        (&["ssh", "-p2222", "host"], "ssh , -p2222 , host"),
        (&["nginx", "-p", "/etc/nginx"], "nginx , -p , /etc/nginx"),
        (
            &["sh", "-c", "mysql -uroot -phunter2 db && curl -u me:hunter2 http://x"],
            "sh , -c , mysql -uroot -p* db && curl -u me:* http://x",
        ),
        (&["env", "DB_PASSWORD=hunter2", "app"], "env , DB_PASSWORD=* , app"),
        (
            &["app", "--password=$(DB_PASSWORD)", "--secret-name=web"],
            "app , --password=$(DB_PASSWORD) , --secret-name=web",
        ),
        (&["/usr/bin/redis-cli", "-a", "hunter2", "ping"], "/usr/bin/redis-cli , -a , * , ping"),
        (
            &["sh", "-c", "kubectl create secret generic db --from-literal=password='a b\nc' --from-literal=user=me"],
            "sh , -c , kubectl create secret generic db --from-literal=password='*' --from-literal=user=me",
        ),
        (&["sh", "-c", "bash -c \"mysql -uroot -p'a b' db\""], "sh , -c , bash -c \"mysql -uroot -p'*' db\""),
        (&["docker", "run", "-p", "80:80", "nginx"], "docker , run , -p , 80:80 , nginx"),
        (&["docker", "login", "-u", "me", "-p", "hunter2"], "docker , login , -u , me , -p , *"),
        (&["docker", "login", "--password-stdin", "quay.io"], "docker , login , --password-stdin , quay.io"),
        (&["etcdctl", "--user=root:hunter2", "get", "x"], "etcdctl , --user=root:* , get , x"),
        (&["smbclient", "-U", "me%hunter2", "//h/s"], "smbclient , -U , me%* , //h/s"),
        (&["app", "--password=${DB_PASSWORD}"], "app , --password=${DB_PASSWORD}"),
        (&["app", "--password=[redacted:T01]"], "app , --password=[redacted:T01]"),
        (&["app", "--private-key", "-----BEGIN X-----abc"], "app , --private-key , *"),
        (&["app", "-uroot", "-p2222"], "app , -uroot , -p2222"),
        (&["curl", "-H", "Authorization:hunter2"], "curl , -H , Authorization:*"),
        // What the program was says nothing about the next command.
        (&["sh", "-c", "mysql -h x\nssh -p 2222 h"], "sh , -c , mysql -h x\nssh -p 2222 h"),
        (&["sh", "-c", "mysql -h x | nc -p 2222 h"], "sh , -c , mysql -h x | nc -p 2222 h"),
        (&["sh", "-c", "mysql -h x; nc -p 2222 h"], "sh , -c , mysql -h x; nc -p 2222 h"),
        // A name that the base64 of a secret happens to end with says nothing about the flag.
        (&["mysql", "-pcHl3aXBwd2Q="], "mysql , -p*"),
        (&["curl", "-H", "X-Api-Key:hunter2", "http://x"], "curl , -H , X-Api-Key:* , http://x"),
        (&["curl", "http://169.254.169.254/latest/api/token"], "curl , http://169.254.169.254/latest/api/token"),
    ] {
        assert_eq!(masked(arguments), expected);
    }
}

#[test]
fn programs_behind_operators_without_white_space() {
    for (line, expected) in [
        ("true&&redis-cli -a hunter2", "true&&redis-cli -a *"),
        ("(redis-cli -a hunter2 ping)", "(redis-cli -a * *"),
        ("`redis-cli -a hunter2`", "`redis-cli -a *"),
        ("a;mysql -phunter2", "a;mysql -p*"),
        ("a||/usr/bin/mysql -phunter2", "a||/usr/bin/mysql -p*"),
        ("echo $(redis-cli -a hunter2)", "echo $(redis-cli -a *"),
        ("X=\"$(redis-cli -a hunter2)\" app", "X=\"$(redis-cli -a *\" app"),
        ("echo x |redis-cli -a x", "echo x |redis-cli -a *"),
        ("app --password=$(redis-cli -a hunter2 get k)", "app --password=$(redis-cli -a * * *"),
        ("app --password $(redis-cli -a hunter2)", "app --password $(redis-cli -a *"),
        ("bash -c 'mysql -phunter2'; ls", "bash -c 'mysql -p*'; ls"),
        // What is no program leaves the one in front of it.
        ("curl http://x/?a=b&zip=12 -u me:hunter2", "curl http://x/?a=b&zip=12 -u me:*"),
        ("curl -H 'a;zip' -u me:hunter2", "curl -H 'a;zip' -u me:*"),
    ] {
        assert_eq!(masked(&["sh", "-c", line]), format!("sh , -c , {expected}"));
    }
}

#[test]
fn words_that_are_called_like_programs() {
    for (line, expected) in [
        ("mysql -u root -h ocean.example.com -phunter2", "mysql -u root -h ocean.example.com -p*"),
        ("mysql -h az-mysql -u admin -phunter2", "mysql -h az-mysql -u admin -p*"),
        ("curl -O https://x/helm-3.0.tgz -u me:hunter2", "curl -O https://x/helm-3.0.tgz -u me:*"),
        ("curl -o /tmp/mysql -u me:hunter2 http://x", "curl -o /tmp/mysql -u me:* http://x"),
        ("mysqldump -r /backup/docker.sql -u root -phunter2", "mysqldump -r /backup/docker.sql -u root -p*"),
        ("smbclient //server/ocr -U me%hunter2", "smbclient //server/ocr -U me%*"),
        ("ssh mysql-1.example.com -p 2222", "ssh mysql-1.example.com -p 2222"),
        ("docker exec db mysql -phunter2", "docker exec db mysql -p*"),
        ("sudo mysql -phunter2", "sudo mysql -p*"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(masked(&words), expected.replace(' ', " , "));
        assert_eq!(masked(&["sh", "-c", line]), format!("sh , -c , {expected}"));
    }
}

#[test]
fn words_in_quotes_and_with_escaped_spaces() {
    for (line, expected) in [
        (r#"mysql -u root "-pHun\$ter2" x"#, r#"mysql -u root "-p*" x"#),
        (r#"curl "-u" me:hunter2 x"#, r#"curl "-u" me:* x"#),
        ("bash -c mysql\\ -uroot\\ -phunter2", "bash -c mysql\\ -uroot\\ -p*"),
        ("ls /tmp/my\\ file -l", "ls /tmp/my\\ file -l"),
    ] {
        assert_eq!(masked(&[line]), expected);
    }
}

#[test]
fn bundles_of_short_flags() {
    for (arguments, expected) in [
        (&["curl", "-sku", "elastic:hunter2", "https://x"][..], "curl , -sku , elastic:* , https://x"),
        (&["sh", "-c", "curl -sSu me:hunter2 https://x"], "sh , -c , curl -sSu me:* https://x"),
        (&["curl", "-skume:hunter2"], "curl , -skume:*"),
        (&["ldapsearch", "-LLLxw", "hunter2", "cn=x"], "ldapsearch , -LLLxw , * , cn=x"),
        (&["mysql", "-Nsphunter2", "db"], "mysql , -Nsp* , db"),
        (&["zip", "-9rP", "hunter2", "x.zip", "d"], "zip , -9rP , * , x.zip , d"),
        // The value of another flag, or a long flag with one hyphen.
        (&["snmpwalk", "-v2c", "h"], "snmpwalk , -v2c , h"),
        (&["mysql", "-happ", "-uroot", "db"], "mysql , -happ , -uroot , db"),
        (&["curl", "-Xu", "me:x"], "curl , -Xu , me:x"),
        (&["7z", "a", "-tzip", "x.zip"], "7z , a , -tzip , x.zip"),
        (&["app", "-sku", "me:x"], "app , -sku , me:x"),
    ] {
        assert_eq!(masked(arguments), expected);
    }
}

#[test]
fn system_properties_of_java() {
    for (arguments, expected) in [
        (&["java", "-DapiKey=hunter2", "-jar", "x"][..], "java , -DapiKey=* , -jar , x"),
        (&["java", "-DAPI_KEY=x"], "java , -DAPI_KEY=*"),
        (&["java", "-Dpass=x"], "java , -Dpass=*"),
        (&["java", "-Dsn=x,pass=y"], "java , -Dsn=*"),
        (&["java", "-DapiKey=x,pass=y"], "java , -DapiKey=*"),
        (&["java", "-Ddb.password=x"], "java , -Ddb.password=*"),
        (&["sh", "-c", "java -DapiKey=x -Dmode=fast"], "sh , -c , java -DapiKey=* -Dmode=fast"),
        (&["java", "-Ddb.passwordPath=/x", "-Dmode=fast"], "java , -Ddb.passwordPath=/x , -Dmode=fast"),
    ] {
        assert_eq!(masked(arguments), expected);
    }
}

#[test]
fn values_that_say_nothing() {
    for (arguments, expected) in [
        (&["app", "--enable-bootstrap-token-auth=true"][..], "app , --enable-bootstrap-token-auth=true"),
        (
            &["app", "--use-service-account-credentials=true", "--token-ttl=1h"],
            "app , --use-service-account-credentials=true , --token-ttl=1h",
        ),
        (&["app", "--cookie-secure", "false", "x"], "app , --cookie-secure , false , x"),
        (&["sh", "-c", "app --cookie=\"true\" --password=truest"], "sh , -c , app --cookie=\"true\" --password=*"),
        (&["sh", "-c", "app -password true story"], "sh , -c , app -password * *"),
        (&["mysql", "-ptrue"], "mysql , -p*"),
        (&["redis-cli", "-a", "true"], "redis-cli , -a , *"),
        (&["app", "--set", "auth.token=true,password=x"], "app , --set , auth.token=*"),
        // A password may look like a path.
        (&["app", "--kubeconfig=/etc/x", "--client-key=/etc/y"], "app , --kubeconfig=* , --client-key=*"),
    ] {
        assert_eq!(masked(arguments), expected);
    }
}

/// Every way to hand a secret to a program, `@` in its place; arguments apart by `|`.
const FORMS: &[&str] = &[
    "app|--password=@",
    "app|--password|@",
    "app|-password=@",
    "app|--db-password=@|-v",
    "app|--set|a.b=c,db.password=@",
    "env|DB_PASSWORD=@|app",
    "DB_PASSWORD=@",
    "kubectl|create|secret|generic|x|--from-literal=password=@",
    "java|-Ddb.password=@",
    "java|-DapiKey=@",
    "curl|-H|X-Api-Key:@",
    "curl|-u|me:@",
    "curl|-ume:@",
    "curl|-sSu|me:@",
    "curl|-skume:@",
    "curl|-U|me:@",
    "curl|--user=me:@",
    "curl|--user|me:@",
    "curl|--proxy-user=me:@",
    "curl|--proxy-user|me:@",
    "ctr|images|pull|--user=me:@",
    "/usr/bin/etcdctl|--user=root:@|get|x",
    "etcdctl|--user|root:@",
    "smbclient|-U|me%@",
    "smbclient|--user=me%@",
    "rpcclient|--user|me%@",
    "skopeo|--creds=@",
    "mysql|-uroot|-p@",
    "mysql|-p@",
    "mysql|--password=@",
    "app|-uroot|-p@",
    "docker|login|-u|me|-p|@",
    "docker|login|-p@",
    "docker|login|--password=@",
    "redis-cli|-a|@",
    "ldapsearch|-w|@",
    "sshpass|-p@|ssh|h",
];

/// Whatever a secret looks like: padded base64, signs of equality and names of secrets in it and at its end.
#[test]
fn no_part_of_a_secret_stays_whatever_it_looks_like() {
    const PIECES: &[&str] = &[
        "q7Zk3",
        "Pwd",
        "token",
        "Secret",
        "-apiKey",
        "=",
        "==",
        "=x",
        "password=",
        "user=",
        ":",
        "%",
        ",",
        "/",
        "+",
        "Wv9-u",
    ];
    let mut seed = 7_u64;
    let mut below = |limit: usize| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (seed >> 33) as usize % limit
    };
    for round in 0..4000 {
        let form = FORMS.get(round % FORMS.len()).copied().unwrap();
        let middle: String = (0..below(6)).map(|_| PIECES.get(below(PIECES.len())).copied().unwrap()).collect();
        let secret = format!("G5n{middle}Q8r{}", ["", "=", "==", "Pwd=", "Token=="].get(below(5)).unwrap());
        let text = form.replace('@', &secret);
        let arguments: Vec<&str> = text.split('|').collect();
        let expected = form.replace('@', "*").replace('|', " , ");
        // What stands in front of the secret stays, and nothing of the secret does.
        assert_eq!(masked(&arguments), expected, "{secret} in {form}");
        let line = text.replace('|', " ");
        let left = masked(&["sh", "-c", &line]);
        assert!(!left.contains("G5n") && !left.contains("Q8r"), "{line} left as {left}");
    }
}
