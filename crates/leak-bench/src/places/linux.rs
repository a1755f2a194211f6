//! Linux: auditd's records (audit-userspace, auparse), sshd, sudo through journald, and container logs (CRI).

use serde_json::json;

use super::{Place, Record, free, structured};
use crate::codec::{hex, json_string};
use crate::plant::Plant;

const AUDITD: &str = "auditd";
const JOURNAL: &str = "sshd and journald";
const CONTAINER: &str = "container log";

/// A field as the kernel writes untrusted text: in quotes, or in capital hexadecimal if a byte is not harmless.
fn untrusted(text: &str) -> String {
    let harmless = text.bytes().all(|byte| byte != b'"' && (0x21..0x7f).contains(&byte));
    if harmless { format!("\"{text}\"") } else { hex(text.as_bytes(), true) }
}

fn header(plant: &mut Plant, kind: &str) -> String {
    format!(
        "type={kind} msg=audit(17726{}.{}:{}):",
        plant.rng.text("0123456789", 5),
        plant.rng.text("0123456789", 3),
        plant.rng.text("123456789", 4)
    )
}

fn execve(plant: &mut Plant, arguments: &[&str]) -> Record {
    let head = header(plant, "EXECVE");
    let fields: Vec<String> =
        arguments.iter().enumerate().map(|(at, text)| format!("a{at}={}", untrusted(text))).collect();
    Record::Line(format!("{head} argc={} {}", arguments.len(), fields.join(" ")))
}

/// A record of user space, whose command line is hexadecimal.
fn user_command(plant: &mut Plant, command: &str) -> Record {
    let head = header(plant, "USER_CMD");
    Record::Line(format!(
        "{head} pid=2211 uid=1000 auid=1000 ses=3 subj=unconfined msg='cwd=\"/home/ops\" cmd={} exe=\"/usr/bin/sudo\" terminal=pts/0 res=success'",
        untrusted(command)
    ))
}

fn cri(plant: &mut Plant, message: &str) -> Record {
    let time = format!("2026-03-04T09:12:11.{}Z", plant.rng.text("0123456789", 9));
    if plant.rng.chance(50) {
        return Record::Line(format!("{time} stdout F {message}"));
    }
    Record::Fields(json!({"log": message, "stream": "stdout", "time": time,
        "kubernetes": {"namespace_name": "team-a", "pod_name": "orders-1", "labels": {"app": "orders"}}}))
}

fn journal(plant: &mut Plant, identifier: &str, message: String) -> Record {
    Record::Fields(json!({"PRIORITY": "6", "SYSLOG_IDENTIFIER": identifier, "_PID": "2211", "_UID": "0",
        "_COMM": identifier, "_HOSTNAME": "node-a", "_BOOT_ID": plant.rng.text("0123456789abcdef", 32), "MESSAGE": message,
        "SYSLOG_RAW": format!("<86>Mar  4 09:12:11 {identifier}[2211]: {message}")}))
}

pub(crate) const PLACES: &[Place] = &[
    structured("EXECVE --flag value", AUDITD, |p| {
        let text = p.text.clone();
        execve(p, &["vault", "login", "--token", &text, "-no-print"])
    }),
    structured("EXECVE --flag=value", AUDITD, |p| {
        let argument = format!("--db-password={}", p.text);
        execve(p, &["/usr/bin/orders", &argument, "--listen", ":8080"])
    }),
    structured("EXECVE mysql -pVALUE", AUDITD, |p| {
        let argument = format!("-p{}", p.text);
        execve(p, &["mysql", "-uroot", &argument])
    }),
    structured("EXECVE sh -c", AUDITD, |p| {
        let line = format!("export DB_PASSWORD={} && /opt/run --fast", p.shell());
        execve(p, &["sh", "-c", &line])
    }),
    structured("EXECVE in pieces", AUDITD, |p| {
        let line = format!("export DB_PASSWORD={} && /opt/run --fast", p.shell());
        let encoded = hex(line.as_bytes(), true);
        // The kernel cuts long arguments at fixed lengths, wherever that is: here inside the secret.
        let cut = (40 + p.rng.below(20)).min(encoded.len() / 2) / 2 * 2;
        let (first, second) = encoded.split_at(cut);
        let head = header(p, "EXECVE");
        Record::Line(format!("{head} argc=3 a0=\"sh\" a1=\"-c\" a2_len={} a2[0]={first} a2[1]={second}", encoded.len()))
    }),
    structured("PROCTITLE", AUDITD, |p| {
        let title = format!("vault\0login\0--token\0{}", p.text);
        let cut: String = hex(title.as_bytes(), true).chars().take(256).collect();
        let head = header(p, "PROCTITLE");
        Record::Line(format!("{head} proctitle={cut}"))
    }),
    structured("USER_CMD", AUDITD, |p| {
        let command = format!("mysqldump --user=root --password={} orders", p.shell());
        user_command(p, &command)
    }),
    structured("TTY data", AUDITD, |p| {
        let data = hex(format!("sudo -i\r{}\rls\r", p.text).as_bytes(), true);
        let head = header(p, "TTY");
        Record::Line(format!("{head} tty pid=2211 uid=0 auid=1000 ses=3 major=136 minor=0 comm=\"bash\" data={data}"))
    }),
    free("EXECVE positional", AUDITD, |p| {
        let text = p.text.clone();
        execve(p, &["/usr/bin/register", &text, "now"])
    }),
    free("PATH name", AUDITD, |p| {
        let name = untrusted(&format!("/var/tmp/{}", p.text));
        let head = header(p, "PATH");
        Record::Line(format!(
            "{head} item=0 name={name} inode=8301 dev=fd:01 mode=0100600 ouid=0 ogid=0 rdev=00:00 nametype=CREATE"
        ))
    }),
    free("USER_LOGIN account", AUDITD, |p| {
        let head = header(p, "USER_LOGIN");
        let account = untrusted(&p.text);
        Record::Line(format!(
            "{head} pid=99 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct={account} exe=\"/usr/sbin/sshd\" hostname=? addr=203.0.113.9 terminal=ssh res=failed'"
        ))
    }),
    structured("sudo command", JOURNAL, |p| {
        let text = format!(
            "     ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/mysql --password={} orders",
            p.shell()
        );
        journal(p, "sudo", text)
    }),
    structured("_CMDLINE", JOURNAL, |p| {
        let line = format!("/usr/bin/orders --api-token={} --verbose", p.shell());
        Record::Fields(
            json!({"PRIORITY": "6", "SYSLOG_IDENTIFIER": "orders", "_CMDLINE": line, "MESSAGE": "started", "_PID": "77"}),
        )
    }),
    structured("message as bytes", JOURNAL, |p| {
        let text = format!("caf\u{e9} login password={}", p.quoted());
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c as u32).unwrap_or(b'?')).collect();
        Record::Fields(json!({"PRIORITY": "6", "SYSLOG_IDENTIFIER": "orders", "MESSAGE": bytes, "_PID": "77"}))
    }),
    free("sshd invalid user", JOURNAL, |p| {
        let text = format!("Invalid user {} from 203.0.113.9 port 52144", p.word());
        journal(p, "sshd", text)
    }),
    structured("key=value", CONTAINER, |p| {
        let text = format!("level=info msg=\"connecting\" user=app password={} host=db", p.quoted());
        cri(p, &text)
    }),
    structured("header", CONTAINER, |p| {
        let scheme = if p.text.starts_with("Basic ") { String::new() } else { "Bearer ".into() };
        let value = if scheme.is_empty() { p.text.clone() } else { p.word() };
        let text = format!(
            "> GET /v1/items HTTP/1.1\n> Host: api.example.com\n> Authorization: {scheme}{value}\n> Accept: */*"
        );
        cri(p, &text)
    }),
    structured("URL with userinfo", CONTAINER, |p| {
        let text = format!("cloning https://deploy:{}@git.example.com/team/orders.git into /src", p.url());
        cri(p, &text)
    }),
    structured("nested JSON", CONTAINER, |p| {
        let text = format!(
            "{{\"level\":\"info\",\"ctx\":{{\"user\":\"app\",\"apiKey\":{}}},\"msg\":\"ready\"}}",
            json_string(&p.text)
        );
        cri(p, &text)
    }),
    structured("parsed fields", CONTAINER, |p| {
        Record::Fields(
            json!({"level": "info", "ctx": {"user": "app", "client_secret": p.text}, "msg": "ready", "took_ms": 1.50}),
        )
    }),
    free("free text", CONTAINER, |p| {
        let text = format!("2026-03-04 09:12:11 WARN worker 7: {}", p.prose());
        cri(p, &text)
    }),
    free("URL query without a hint", CONTAINER, |p| {
        let text = format!("GET /v1/items?ref={}&page=2 200 12ms", p.url());
        cri(p, &text)
    }),
];
