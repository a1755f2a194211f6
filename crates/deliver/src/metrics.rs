//! Counters of a section, as Prometheus reads them, and as a line for a log.

use crate::DeliverError;
use auditgate::deliver::wire::Counts;
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

/// Upper bounds of the histogram of requests, in milliseconds.
const BOUNDS_MS: [u64; 11] = [5, 10, 25, 50, 100, 250, 500, 1000, 5000, 15_000, 60_000];

macro_rules! counters {
    ($($field:ident $name:literal $help:literal,)*) => {
        /// Counters of one section.
        #[derive(Default)]
        pub(crate) struct Metrics {
            destination: String,
            kind: &'static str,
            $(pub(crate) $field: AtomicU64,)*
            requests_ms: [AtomicU64; BOUNDS_MS.len() + 1],
            requests_sum_ms: AtomicU64,
        }

        impl Metrics {
            pub(crate) fn counters(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
                [$(($name, $help, self.$field.load(Ordering::Relaxed)),)*].into_iter()
            }
        }
    };
}

counters! {
    events "events_total" "Events that Fluent Bit handed over, each time it did.",
    sent "events_sent_total" "Events that the receiver has.",
    dropped "events_dropped_total" "Events that a rule of the policy dropped.",
    elsewhere "events_elsewhere_total" "Events for other destinations.",
    refused "events_quarantined_total" "Events that the receiver will never take.",
    retried "events_retried_total" "Events that have to come again.",
    poisoned "events_poisoned_total" "Events that left as placeholders because the module stopped at them.",
    listed "events_listed_total" "Events that came out of lists.",
    joined "records_joined_total" "Records that were put into another one.",
    apart "records_apart_total" "Records that waited for others in vain, and left as they came.",
    chunks "chunks_total" "Chunks.",
    chunks_retried "chunks_retried_total" "Chunks that have to come again.",
    raw_bytes "request_bytes_total" "Bytes of requests before compression.",
    sent_bytes "request_compressed_bytes_total" "Bytes of requests as they went out.",
    traps "module_traps_total" "Calls of the module that did not come to their end.",
}

fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

impl Metrics {
    pub(crate) fn new(destination: &str, kind: &'static str) -> Self {
        Self { destination: destination.to_owned(), kind, ..Self::default() }
    }

    /// Adds what has come of a chunk.
    pub(crate) fn count(&self, counts: &Counts) {
        let Counts { events, sent, dropped, elsewhere, refused, poisoned, listed, joined, apart } = *counts;
        for (counter, number) in [
            (&self.events, events),
            (&self.sent, sent),
            (&self.dropped, dropped),
            (&self.elsewhere, elsewhere),
            (&self.refused, refused),
            (&self.poisoned, poisoned),
            (&self.listed, listed),
            (&self.joined, joined),
            (&self.apart, apart),
        ] {
            add(counter, u64::from(number));
        }
    }

    /// Counts a request and the time until its answer.
    pub(crate) fn request(&self, raw_bytes: u32, sent_bytes: usize, time: Duration) {
        add(&self.raw_bytes, u64::from(raw_bytes));
        add(&self.sent_bytes, sent_bytes as u64);
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        add(&self.requests_sum_ms, ms);
        let bucket = BOUNDS_MS.iter().position(|bound| ms <= *bound).unwrap_or(BOUNDS_MS.len());
        if let Some(bucket) = self.requests_ms.get(bucket) {
            add(bucket, 1);
        }
    }

    /// One line for a log.
    pub(crate) fn line(&self) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "{} to {}: {} events, {} sent, {} dropped by rules, {} for others, {} quarantined, {} to come again; {} bytes, {} sent",
            self.kind,
            self.destination,
            read(&self.events),
            read(&self.sent),
            read(&self.dropped),
            read(&self.elsewhere),
            read(&self.refused),
            read(&self.retried),
            read(&self.raw_bytes),
            read(&self.sent_bytes),
        )
    }

    fn labels(&self) -> String {
        let name = self.destination.replace(['"', '\\', '\n'], "_");
        format!("destination=\"{name}\",type=\"{}\"", self.kind)
    }
}

/// The text format of Prometheus (version 0.0.4).
fn exposition(sections: &[Arc<Metrics>]) -> String {
    let mut out = String::new();
    let mut write = |line: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = out.write_fmt(line);
        out.push('\n');
    };
    let Some(first) = sections.first() else { return String::new() };
    for (index, (name, help, _)) in first.counters().enumerate() {
        write(format_args!("# HELP auditgate_output_{name} {help}"));
        write(format_args!("# TYPE auditgate_output_{name} counter"));
        for section in sections {
            let value = section.counters().nth(index).map_or(0, |(_, _, value)| value);
            write(format_args!("auditgate_output_{name}{{{}}} {value}", section.labels()));
        }
    }
    const NAME: &str = "auditgate_output_request_seconds";
    write(format_args!("# HELP {NAME} Time until a request was answered."));
    write(format_args!("# TYPE {NAME} histogram"));
    for section in sections {
        let labels = section.labels();
        let mut sum = 0;
        let bounds = BOUNDS_MS.iter().map(|bound| (*bound as f64 / 1000.0).to_string()).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&section.requests_ms) {
            sum += count.load(Ordering::Relaxed);
            write(format_args!("{NAME}_bucket{{{labels},le=\"{bound}\"}} {sum}"));
        }
        let seconds = section.requests_sum_ms.load(Ordering::Relaxed) as f64 / 1000.0;
        write(format_args!("{NAME}_sum{{{labels}}} {seconds}"));
        write(format_args!("{NAME}_count{{{labels}}} {sum}"));
    }
    out
}

/// Answers Prometheus on one address, for all sections that name it.
pub(crate) struct Endpoint {
    address: SocketAddr,
    served: Arc<Served>,
    thread: Option<JoinHandle<()>>,
}

/// What its thread knows of an endpoint. It owns nothing of it, so that the endpoint ends with its last section.
#[derive(Default)]
struct Served {
    sections: Mutex<Vec<Weak<Metrics>>>,
    stopped: AtomicBool,
}

static ENDPOINTS: Mutex<Vec<Weak<Endpoint>>> = Mutex::new(Vec::new());

impl Endpoint {
    /// The endpoint of an address, with one section more.
    pub(crate) fn join(address: SocketAddr, metrics: &Arc<Metrics>) -> Result<Arc<Self>, DeliverError> {
        let mut known = ENDPOINTS.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|endpoint| endpoint.strong_count() > 0);
        let found = known.iter().filter_map(Weak::upgrade).find(|endpoint| endpoint.address == address);
        let endpoint = match found {
            Some(endpoint) => endpoint,
            None => {
                let endpoint = Arc::new(Self::start(address).map_err(|error| {
                    DeliverError::new("D008", format!("`metrics_listen`: cannot listen on {address}: {error}"))
                })?);
                known.push(Arc::downgrade(&endpoint));
                endpoint
            }
        };
        endpoint.served.sections.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(metrics));
        Ok(endpoint)
    }

    fn start(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let served = Arc::new(Served::default());
        let mine = Arc::clone(&served);
        let thread = std::thread::Builder::new().name("auditgate-prom".into()).spawn(move || {
            for stream in listener.incoming() {
                if mine.stopped.load(Ordering::Acquire) {
                    return;
                }
                // A client that goes away, or is too slow, is no concern of ours.
                let _ = stream.and_then(|stream| mine.answer(stream));
            }
        })?;
        Ok(Self { address, served, thread: Some(thread) })
    }
}

impl Served {
    fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.set_write_timeout(Some(Duration::from_secs(2)))?;
        let mut request = [0; 1024];
        let len = stream.read(&mut request)?;
        let is_metrics = request.get(..len).is_some_and(|request| request.starts_with(b"GET /metrics"));
        let (status, body) = if is_metrics {
            let sections = self.sections.lock().unwrap_or_else(PoisonError::into_inner);
            ("200 OK", exposition(&sections.iter().filter_map(Weak::upgrade).collect::<Vec<_>>()))
        } else {
            ("404 Not Found", "GET /metrics\n".to_owned())
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        stream.shutdown(Shutdown::Both)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.served.stopped.store(true, Ordering::Release);
        // Wakes the thread; where that fails, it has ended.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn counters_are_exposed_and_the_port_is_free_again() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let metrics = Arc::new(Metrics::new("siem", "http"));
        metrics.count(&Counts { events: 3, sent: 2, refused: 1, ..Counts::default() });
        metrics.request(1000, 100, Duration::from_millis(7));
        let endpoint = Endpoint::join(address, &metrics).unwrap();
        let same = Endpoint::join(address, &metrics).unwrap();
        assert!(Arc::ptr_eq(&endpoint, &same));
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        for line in [
            "auditgate_output_events_total{destination=\"siem\",type=\"http\"} 3",
            "auditgate_output_events_quarantined_total{destination=\"siem\",type=\"http\"} 1",
            "auditgate_output_request_seconds_bucket{destination=\"siem\",type=\"http\",le=\"0.005\"} 0",
            "auditgate_output_request_seconds_bucket{destination=\"siem\",type=\"http\",le=\"0.01\"} 1",
            "auditgate_output_request_seconds_sum{destination=\"siem\",type=\"http\"} 0.007",
        ] {
            assert!(text.contains(line), "{text}");
        }
        assert!(metrics.line().starts_with("http to siem: 3 events, 2 sent"));
        drop((endpoint, same));
        TcpListener::bind(address).unwrap();
    }
}
