//! Links the plugin so that it stays in memory: handlers of signals and destructors of threads outlive Fluent Bit's `dlclose`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
