//! The process of a Fluent Bit: its end, and its memory.

use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A Fluent Bit that does not stop by then hangs.
pub const STOP_LIMIT: Duration = Duration::from_secs(20);
/// In a pod it is killed: 3.1 never ends while a threaded input waits for a command, and the chart has such a one.
pub const POD_STOP_LIMIT: Duration = Duration::from_secs(3);

/// Asks it to end; `None` if it had to be killed.
pub fn stop(process: &mut Child, limit: Duration) -> Option<ExitStatus> {
    Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Some(status) = process.try_wait().unwrap() {
            return Some(status);
        }
        sleep(Duration::from_millis(50));
    }
    kill_group(process);
    process.wait().unwrap();
    None
}

/// Ends what inputs may have started and left behind.
pub fn kill_group(process: &Child) {
    let group = format!("-{}", process.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
}

/// The most memory that the process ever had resident, 0 once it has ended.
pub fn peak_rss_kb(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// Stops Fluent Bit; true if it ended as it should.
pub fn ended_well(process: &mut Child) -> bool {
    stop(process, STOP_LIMIT).is_some_and(|status| status.success())
}
