//! What events come from: the input that reads it, in both forms of configuration, and a case that shows what is taken out of it.

use clap::ValueEnum;

/// What events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// The Kubernetes API server's audit log
    Kubernetes,
    /// Linux auditd's log
    Auditd,
    /// Logins and sudo, as the journal has them
    Sshd,
    /// The whole journal
    Journald,
    /// The logs of containers on a Kubernetes node
    Containers,
}

impl Source {
    /// Where it usually stands.
    pub(super) fn log(self) -> &'static str {
        match self {
            Self::Kubernetes => KUBERNETES_LOG,
            Self::Auditd => "/var/log/audit/audit.log",
            Self::Sshd | Self::Journald => "/var/log/journal",
            Self::Containers => "/var/log/containers/*.log",
        }
    }

    /// What it is, and an example: as the comments of the shipped inputs say it of the Kubernetes audit log.
    fn comments(self) -> (&'static str, &'static str) {
        match self {
            Self::Kubernetes => (KUBERNETES.0, KUBERNETES.1),
            Self::Auditd => ("Linux audit log", "auditd's log, usually /var/log/audit/audit.log"),
            Self::Sshd => ("Logins and sudo in the journal", JOURNAL),
            Self::Journald => ("The journal", JOURNAL),
            Self::Containers => ("Logs of containers", "the logs, usually /var/log/containers/*.log"),
        }
    }

    /// The shipped input, `text`, for this source.
    pub(super) fn input(self, text: &str, is_yaml: bool) -> String {
        if self == Self::Kubernetes {
            return text.to_owned();
        }
        let (what, example) = self.comments();
        let text =
            text.replace(KUBERNETES.0, what).replace(KUBERNETES.1, example).replace("audit.kubernetes", "audit.linux");
        match self {
            Self::Kubernetes | Self::Auditd => text.replace("    Parser             audit-json\n", ""),
            Self::Containers if is_yaml => text.replace(
                "      path: ${AUDIT_LOG}\n",
                "      path: ${AUDIT_LOG}\n      # What the container runtime writes around a line becomes members beside it.\n      multiline.parser: docker, cri\n",
            ),
            Self::Containers => text.replace("    Parser             audit-json\n", "    multiline.parser   docker, cri\n"),
            Self::Sshd | Self::Journald => self.journal(&text, is_yaml),
        }
    }

    /// The journal's input in the place of the one that follows files.
    fn journal(self, text: &str, is_yaml: bool) -> String {
        let (from, to) =
            if is_yaml { ("    - name: tail\n", "      processors:\n") } else { ("[INPUT]\n", "\n@INCLUDE") };
        let Some((head, rest)) = text.split_once(from) else { return text.to_owned() };
        let tail = rest.find(to).and_then(|at| rest.get(at..)).unwrap_or_default();
        let only = self == Self::Sshd;
        let input = match (is_yaml, only) {
            (true, true) => JOURNAL_YAML.replace("FILTER", FACILITIES_YAML),
            (true, false) => JOURNAL_YAML.replace("FILTER", ""),
            (false, true) => JOURNAL_CLASSIC.replace("FILTER", FACILITIES_CLASSIC),
            (false, false) => JOURNAL_CLASSIC.replace("FILTER", ""),
        };
        format!("{head}{input}{tail}")
    }

    /// A case for `auditgate test`, whose event holds what must not leave.
    pub(super) fn case(self) -> String {
        let case = match self {
            Self::Kubernetes => KUBERNETES_CASE,
            Self::Auditd => AUDITD_CASE,
            Self::Sshd | Self::Journald => JOURNAL_CASE,
            Self::Containers => CONTAINER_CASE,
        };
        format!("# `auditgate test` runs these: an event, and what has to become of it.\ncases:\n{case}")
    }
}

/// Where the shipped configurations look.
pub(super) const KUBERNETES_LOG: &str = "/var/log/kubernetes/audit/audit.log";

const KUBERNETES: (&str, &str) = (
    "Kubernetes audit log",
    "the API server's audit log, for example /var/log/kubernetes/audit/audit.log (wildcards are allowed)",
);

const JOURNAL: &str = "the journal's folder: /var/log/journal, or /run/log/journal where it is not kept";

const JOURNAL_YAML: &str = "    - name: systemd
      tag: audit.linux
      path: ${AUDIT_LOG}
FILTER      db: ${STATE_DIR}/journal.db
      read_from_tail: off
      # Loses nothing if Fluent Bit is killed.
      storage.type: filesystem
";

const FACILITIES_YAML: &str = "      # auth and authpriv: sshd, sudo, su, PAM.
      systemd_filter:
        - SYSLOG_FACILITY=4
        - SYSLOG_FACILITY=10
";

const JOURNAL_CLASSIC: &str = "[INPUT]
    Name            systemd
    Tag             audit.linux
    Path            ${AUDIT_LOG}
FILTER    DB              ${STATE_DIR}/journal.db
    Read_From_Tail  Off
    storage.type    filesystem
";

const FACILITIES_CLASSIC: &str = "    # auth and authpriv: sshd, sudo, su, PAM.
    Systemd_Filter  SYSLOG_FACILITY=4
    Systemd_Filter  SYSLOG_FACILITY=10
";

const KUBERNETES_CASE: &str = "- name: the values of a secret do not leave, its keys do
  event:
    kind: Event
    apiVersion: audit.k8s.io/v1
    level: Request
    auditID: 7c9f1b6e-0000-4000-8000-000000000001
    stage: ResponseComplete
    requestURI: /api/v1/namespaces/default/secrets
    verb: create
    user: {username: alice}
    objectRef: {resource: secrets, namespace: default, name: db, apiVersion: v1}
    requestObject: {kind: Secret, apiVersion: v1, stringData: {password: not-a-real-one}}
  expect:
    to: [default]
    redacted: [requestObject.stringData.password]
    kept: [user.username, objectRef.name]
";

const AUDITD_CASE: &str = "- name: a password on a command line does not leave
  event:
    log: 'type=EXECVE msg=audit(1700000000.000:1): argc=2 a0=\"mysql\" a1=\"--password=not-a-real-one\"'
  expect:
    to: [default]
    redacted: [log]
";

const JOURNAL_CASE: &str = "- name: a password on sudo's command line does not leave
  event:
    SYSLOG_IDENTIFIER: sudo
    MESSAGE: 'alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/mysql --password=not-a-real-one'
  expect:
    to: [default]
    redacted: [MESSAGE]
    kept: [SYSLOG_IDENTIFIER]
- name: who logged in from where stays
  event:
    SYSLOG_IDENTIFIER: sshd
    MESSAGE: 'Accepted publickey for alice from 192.0.2.7 port 50022 ssh2'
  expect:
    to: [default]
    kept: [MESSAGE]
";

const CONTAINER_CASE: &str = "- name: a password that a program logs does not leave
  event:
    stream: stdout
    log: 'curl --password=not-a-real-one https://example.org/'
  expect:
    to: [default]
    redacted: [log]
    kept: [stream]
";
