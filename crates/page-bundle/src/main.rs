//! `auditgate-page-bundle MODULE ASSETS OUT`: lets wasm-bindgen write the glue for the page's module, and puts glue, module, style and script into one
//! HTML file that needs no server and may load nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [module, assets, out] = arguments.as_slice() else {
        return report("expected MODULE ASSETS OUT\n  help: scripts/build-page.sh calls this");
    };
    match bundle(Path::new(module), Path::new(assets), Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&format!("{module}: {error:#}")),
    }
}

fn report(message: &str) -> ExitCode {
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::FAILURE
}

fn bundle(module: &Path, assets: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).typescript(false).remove_producers_section(true).no_modules(true)?;
    let mut made = bindgen.generate_output()?;
    let glue = made.js().to_owned();
    let module = STANDARD.encode(made.wasm_mut().emit_wasm());
    let mut page = fs::read_to_string(assets.join("page.html"))?;
    for (place, text) in [
        ("/* style */", fs::read_to_string(assets.join("page.css"))?),
        ("/* glue */", glue),
        ("/* module */", module),
        ("/* script */", fs::read_to_string(assets.join("page.js"))?),
    ] {
        let (before, behind) = page.split_once(place).ok_or_else(|| format!("page.html: no `{place}`"))?;
        if text.contains("</script") {
            return Err(format!("`{place}` would end the page's script").into());
        }
        page = [before, &text, behind].concat();
    }
    fs::write(out, page)?;
    Ok(())
}
