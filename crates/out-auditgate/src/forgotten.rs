//! Workers that Fluent Bit forgets. It starts those of an external plugin twice and ends one half of them; the other half waits for ever, but for a timer that
//! ticks every 1.5 seconds and looks at what belongs to the section. A reload frees that, and goes on: at one of the next ticks Fluent Bit crashes. So at the end
//! of a section the timers of its forgotten workers are stopped, and they sleep.

use std::ffi::{c_int, c_long};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the names of this plugin's workers begin with: `flb-out-auditgate.0-w0`, of which Linux keeps 15 characters.
const NAME: &str = "flb-out-auditga";

/// The system calls in which a worker waits, `epoll_wait` and `epoll_pwait`.
#[cfg(target_arch = "x86_64")]
const WAITING: [&str; 2] = ["232", "281"];
#[cfg(not(target_arch = "x86_64"))]
const WAITING: [&str; 1] = ["22"];

/// Looks at most, one a millisecond: a tick takes some microseconds.
const LOOKS: u32 = 100;

unsafe extern "C" {
    fn timerfd_settime(timer: c_int, flags: c_int, new: *const [c_long; 4], old: *mut [c_long; 4]) -> c_int;
}

/// Stops the timers of all workers that are left, and returns when none is in the middle of a tick. Those of other sections that end later miss nothing:
/// the timer is about connections of Fluent Bit's own, which this plugin does not use.
pub(crate) fn put_to_sleep() {
    let mut stopped = false;
    for _ in 0..LOOKS {
        let waiting: Option<Vec<u32>> = workers().map(|worker| waits_on(&worker)).collect();
        match waiting {
            // What was in the middle of a tick when its timer was stopped waits again.
            Some(_) if stopped => return,
            Some(queues) => {
                queues.into_iter().flat_map(timers).for_each(stop);
                stopped = true;
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// The folders of the workers' threads.
fn workers() -> impl Iterator<Item = PathBuf> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten().map(|thread| thread.path());
    threads.filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.starts_with(NAME)))
}

/// The queue of events that a thread waits on, if it does: `232 0x1a ...` is the call and its first argument.
fn waits_on(thread: &Path) -> Option<u32> {
    let call = fs::read_to_string(thread.join("syscall")).ok()?;
    let mut words = call.split(' ');
    words.next().filter(|number| WAITING.contains(number))?;
    u32::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()
}

/// The timers among what a queue waits for.
fn timers(queue: u32) -> Vec<c_int> {
    let members = fs::read_to_string(format!("/proc/self/fdinfo/{queue}")).unwrap_or_default();
    let numbers = members.lines().filter_map(|line| line.strip_prefix("tfd:")?.split_whitespace().next()?.parse().ok());
    let is_timer = |number: &c_int| {
        fs::read_link(format!("/proc/self/fd/{number}"))
            .is_ok_and(|target| target.as_os_str() == "anon_inode:[timerfd]")
    };
    numbers.filter(is_timer).collect()
}

fn stop(timer: c_int) {
    let never = [0; 4];
    // SAFETY: the structure is four `long`s on all that this is built for; a file that is no timer any more is an error, which changes nothing.
    unsafe { timerfd_settime(timer, 0, &raw const never, std::ptr::null_mut()) };
}
