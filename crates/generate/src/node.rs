//! A node's own audit log by number of records: what auditd writes on a machine of a Kubernetes cluster.
//!
//! The shares are computed, not measured. The machine has rules for `execve` and for changes below `/etc`, as the usual baselines ask for. Each
//! hour: 360 runs of the command of an exec probe (`periodSeconds` 10, one pod), kube-proxy's two `iptables-restore` every 30 s
//! (`iptables.syncPeriod`), a job of cron every five minutes and one an hour, ten timers of systemd, three logins of machines over ssh, and six
//! changes below `/etc`. The records of each are those of linux-audit's and Linux-PAM's sources, in their order, as `log_format = RAW` writes them.

use crate::random::Random;

/// Something that happens.
type What = fn(&mut Writer<'_>);

/// Things that happen in an hour, and how often.
const HOUR: &[(u64, What)] = &[(360, probe), (240, iptables), (13, cron), (10, timer), (3, login), (6, change)];

/// The first `records` lines of the log that `seed` makes.
pub fn node_log(seed: u64, records: usize) -> Vec<String> {
    let mut lines = Vec::with_capacity(records);
    let mut event = 0;
    while lines.len() < records {
        let mut random = Random::new(seed, event);
        let mut left = random.below(HOUR.iter().map(|(share, _)| share).sum());
        for (share, what) in HOUR {
            if left < *share {
                what(&mut Writer { lines: &mut lines, random: &mut random, event });
                break;
            }
            left -= share;
        }
        event += 1;
    }
    lines.truncate(records);
    lines
}

/// Writes the records of one thing that happens.
struct Writer<'a> {
    lines: &'a mut Vec<String>,
    random: &'a mut Random,
    event: u64,
}

impl Writer<'_> {
    /// A record with a serial of its own: `step` tells those of one event apart.
    fn record(&mut self, kind: &str, step: u64, rest: &str) {
        let (seconds, milliseconds) = (1_764_000_000 + self.event * 6, self.event * 37 % 1000);
        let serial = 1000 + self.event * 20 + step;
        self.lines.push(format!("type={kind} msg=audit({seconds}.{milliseconds:03}:{serial}): {rest}"));
    }

    /// What PAM and the programs around it write, with what only `log_format = RAW` leaves numeric.
    fn user(&mut self, kind: &str, step: u64, who: &str, message: &str) {
        let pid = self.random.between(900, 60_000);
        self.record(
            kind,
            step,
            &format!("pid={pid} uid=0 auid={who} ses={} subj=unconfined msg='{message}'", step + 3),
        );
    }

    fn syscall(&mut self, number: u32, arguments: &str, comm: &str, exe: &str, key: &str) {
        let (parent, pid) = (self.random.between(900, 60_000), self.random.between(900, 60_000));
        let rest = format!(
            "arch=c000003e syscall={number} success=yes exit=0 {arguments} items=2 ppid={parent} pid={pid} auid=4294967295 uid=0 gid=0 \
             euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm=\"{comm}\" exe=\"{exe}\" subj=unconfined key={key}"
        );
        self.record("SYSCALL", 0, &rest);
    }

    fn path(&mut self, item: u32, name: &str, kind: &str) {
        let inode = self.random.between(1000, 900_000);
        let rest = format!(
            "item={item} name=\"{name}\" inode={inode} dev=fd:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype={kind} cap_fp=0 \
             cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
        );
        self.record("PATH", 0, &rest);
    }

    /// A program starts.
    fn execve(&mut self, exe: &str, arguments: &[&str]) {
        let comm = arguments.first().copied().unwrap_or_default();
        self.syscall(59, "a0=c000120000 a1=c000124000 a2=c000128000 a3=8", comm, exe, "\"exec\"");
        let listed: String = arguments.iter().enumerate().map(|(at, text)| format!(" a{at}=\"{text}\"")).collect();
        self.record("EXECVE", 0, &format!("argc={}{listed}", arguments.len()));
        self.record("CWD", 0, "cwd=\"/\"");
        self.path(0, exe, "NORMAL");
        self.path(1, "/lib64/ld-linux-x86-64.so.2", "NORMAL");
        self.title(arguments);
    }

    fn title(&mut self, arguments: &[&str]) {
        let title: String = arguments.join("\0").bytes().map(|byte| format!("{byte:02X}")).collect();
        self.record("PROCTITLE", 0, &format!("proctitle={title}"));
    }

    /// A session of PAM, from the account to its end.
    fn session(&mut self, exe: &str, terminal: &str) {
        let behind = format!("acct=\"root\" exe=\"{exe}\" hostname=? addr=? terminal={terminal} res=success");
        for (step, (kind, operation, grantors)) in [
            ("USER_ACCT", "accounting", "pam_access,pam_unix"),
            ("CRED_ACQ", "setcred", "pam_unix"),
            ("LOGIN", "", ""),
            ("USER_START", "session_open", "pam_loginuid,pam_unix"),
            ("CRED_REFR", "setcred", "pam_unix"),
            ("CRED_DISP", "setcred", "pam_unix"),
            ("USER_END", "session_close", "pam_loginuid,pam_unix"),
        ]
        .into_iter()
        .enumerate()
        {
            if kind == "LOGIN" {
                let rest = "pid=4711 uid=0 subj=unconfined old-auid=4294967295 auid=0 tty=(none) old-ses=4294967295 ses=7 res=1";
                self.record(kind, step as u64, rest);
            } else {
                self.user(kind, step as u64, "0", &format!("op=PAM:{operation} grantors={grantors} {behind}"));
            }
        }
    }
}

fn probe(writer: &mut Writer<'_>) {
    let id = writer.random.hex(64);
    writer.execve(
        "/usr/bin/runc",
        &["runc", "--root", "/run/containerd/runc/k8s.io", "exec", "--process", "/tmp/p", &id],
    );
    writer.execve("/usr/bin/pg_isready", &["pg_isready", "-U", "app", "-h", "127.0.0.1"]);
}

fn iptables(writer: &mut Writer<'_>) {
    let rest = "table=nat:12 family=2 entries=412 op=xt_replace pid=2204 subj=unconfined comm=\"iptables-restor\"";
    writer.record("NETFILTER_CFG", 0, rest);
    let exe = "/usr/sbin/xtables-legacy-multi";
    writer.syscall(54, "a0=4 a1=0 a2=40 a3=55d0c0a0", "iptables-restor", exe, "(null)");
    writer.title(&["iptables-restore", "-w", "5", "--noflush", "--counters"]);
}

fn cron(writer: &mut Writer<'_>) {
    writer.session("/usr/sbin/cron", "cron");
    writer.execve("/usr/lib/sysstat/debian-sa1", &["debian-sa1", "1", "1"]);
}

fn timer(writer: &mut Writer<'_>) {
    for (step, kind) in ["SERVICE_START", "SERVICE_STOP"].into_iter().enumerate() {
        let message =
            "unit=fstrim comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=success";
        writer.user(kind, step as u64, "4294967295", message);
    }
}

fn login(writer: &mut Writer<'_>) {
    let address = format!("10.0.{}.{}", writer.random.below(4), writer.random.between(1, 250));
    for step in 0..5 {
        let message =
            format!("op=destroy kind=server fp=SHA256:{} direction=? exe=\"/usr/sbin/sshd\" res=success", step);
        writer.user("CRYPTO_KEY_USER", step, "4294967295", &message);
    }
    for step in 5..7 {
        let message = format!("op=start cipher=aes256-gcm ksize=256 rport=52144 addr={address} res=success");
        writer.user("CRYPTO_SESSION", step, "4294967295", &message);
    }
    let message = format!("op=PAM:authentication acct=\"backup\" exe=\"/usr/sbin/sshd\" addr={address} res=success");
    writer.user("USER_AUTH", 7, "4294967295", &message);
    writer.session("/usr/sbin/sshd", "ssh");
    writer.user(
        "USER_LOGIN",
        8,
        "1001",
        &format!("op=login id=1001 exe=\"/usr/sbin/sshd\" addr={address} res=success"),
    );
}

fn change(writer: &mut Writer<'_>) {
    writer.syscall(257, "a0=ffffff9c a1=7f2 a2=241 a3=1b6", "dhclient-script", "/usr/bin/dash", "\"etc\"");
    writer.record("CWD", 0, "cwd=\"/\"");
    writer.path(0, "/etc/resolv.conf", "CREATE");
    writer.title(&["/bin/sh", "/sbin/dhclient-script"]);
}
