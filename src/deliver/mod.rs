//! The output role without I/O: a chunk of Fluent Bit's comes in, requests go out, answers come in, and in the end every event is
//! settled or has to be tried again.
//!
//! `chunk` and `msgpack` read, the [`Engine`](crate::Engine) decides and redacts, [`format`](crate::format) shapes, `receiver` knows what each
//! product wants and how it answers, `session` keeps the account. The host moves bytes, and keeps clocks, sockets and secrets: none of
//! them is ever seen here. What crosses the edge stands in [`wire`].

mod batch;
mod chunk;
mod event;
mod forms;
mod msgpack;
mod open;
mod properties;
mod receiver;
mod session;
mod settings;
mod source;
mod time;
pub mod wire;

pub use forms::{SecretPlace, listen, secret_place};
pub use open::Open;
pub use properties::{FOREIGN, Form, PROPERTIES, Property};
pub use session::Session;
#[cfg(not(target_family = "wasm"))]
pub use settings::table;
pub use settings::{Kind, Problem, Settings, unknown};
