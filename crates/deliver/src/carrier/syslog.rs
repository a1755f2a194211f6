//! Syslog over UDP, TCP and TLS.
//!
//! Syslog knows no answer, and bytes that a socket took may still be lost. So every request has a connection of its own: we close our
//! side behind the last message and wait until the receiver closes its side, which it does when it has read to the end.

use super::{Carrier, Reply, Request};
use crate::DeliverError;
use crate::secret::Secrets;
use crate::tls::Identity;
use auditgate::deliver::Settings;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Stream};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct Syslog {
    host: String,
    port: u16,
    transport: Transport,
    confirms: bool,
    connect_timeout: Duration,
    timeout: Duration,
}

enum Transport {
    Udp,
    Tcp,
    Tls(Arc<ClientConfig>, ServerName<'static>),
}

impl Syslog {
    pub(super) fn new(settings: &Settings, secrets: &Secrets) -> Result<Self, DeliverError> {
        let endpoint = settings.text("endpoint").unwrap_or_default();
        let (scheme, rest) = endpoint.split_once("://").unwrap_or_default();
        let authority = rest.trim_end_matches('/');
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (authority, Some(if scheme == "tls" { 6514 } else { 514 })),
        };
        let wrong = || DeliverError::new("D002", "`endpoint`: expected `scheme://host:port`".into());
        let (host, port) = (host.trim_matches(['[', ']']), port.ok_or_else(wrong)?);
        let transport = match scheme {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            _ => {
                let name = ServerName::try_from(host.to_owned()).map_err(|_| wrong())?;
                Transport::Tls(Arc::new(Identity::read(settings, secrets)?.configuration()?), name)
            }
        };
        let seconds = |name, default| Duration::from_secs(u64::from(settings.number(name).unwrap_or(default)));
        Ok(Self {
            host: host.to_owned(),
            port,
            transport,
            confirms: settings.flag("confirm") != Some(false),
            connect_timeout: seconds("connect_timeout", 10),
            timeout: seconds("timeout", 60),
        })
    }

    /// A connection to the first address that takes one; names are resolved anew each time.
    fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the endpoint's host has no address");
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, self.connect_timeout) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(self.timeout))?;
                    stream.set_write_timeout(Some(self.timeout))?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn deliver(&self, body: &[u8]) -> io::Result<()> {
        match &self.transport {
            Transport::Udp => {
                let address = (self.host.as_str(), self.port).to_socket_addrs()?.next();
                let address = address.ok_or_else(|| io::Error::other("the endpoint's host has no address"))?;
                let local = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                UdpSocket::bind(local)?.send_to(body, address).map(drop)
            }
            Transport::Tcp => {
                let mut stream = self.connect()?;
                stream.write_all(body)?;
                stream.shutdown(Shutdown::Write)?;
                self.wait(&mut stream)
            }
            Transport::Tls(configuration, name) => {
                let mut socket = self.connect()?;
                let connection = ClientConnection::new(Arc::clone(configuration), name.clone());
                let mut connection = connection.map_err(io::Error::other)?;
                let mut stream = Stream::new(&mut connection, &mut socket);
                stream.write_all(body)?;
                stream.flush()?;
                stream.conn.send_close_notify();
                stream.conn.complete_io(stream.sock).map(drop)?;
                socket.shutdown(Shutdown::Write)?;
                // What comes now, if anything, is the receiver's own farewell.
                self.wait(&mut socket)
            }
        }
    }

    /// Waits until the receiver closes its side.
    fn wait(&self, stream: &mut TcpStream) -> io::Result<()> {
        if !self.confirms {
            return Ok(());
        }
        let deadline = Instant::now() + self.timeout;
        let mut buffer = [0; 1024];
        while Instant::now() < deadline {
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the receiver does not close the connection"))
    }
}

impl Carrier for Syslog {
    fn send(&mut self, request: &Request<'_>) -> Reply {
        self.deliver(request.body).map_or_else(|error| Reply::Failed(error.to_string()), |()| Reply::taken())
    }
}
