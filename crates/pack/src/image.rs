//! Runs the module's own preparation once, and takes what memory holds afterwards.

use crate::PackError;
use wasmi::{Engine, Extern, Func, Linker, Memory, Module, Store};

/// The function of the module that builds what does not depend on records.
pub(crate) const PREPARE: &str = "auditgate_prepare";
/// The function that is called last, and gives back what only preparing needed.
pub(crate) const SETTLE: &str = "auditgate_settle";
const PAGE_BYTES: usize = 64 * 1024;

/// Memory as it stands when the module is ready for its first record.
pub(crate) struct Image {
    /// Address of the first byte: the end of the stack, which holds nothing between two calls.
    pub(crate) base: u32,
    /// From there to the last byte that is not zero.
    pub(crate) bytes: Vec<u8>,
    /// Memory that the module has by then.
    pub(crate) pages: u64,
}

/// Prepares a module whose stack ends at `base`, with a policy inside or without.
///
/// # Errors
/// The module has no preparation, or it does not come to its end.
pub(crate) fn take(module: &[u8], base: u32, policy: Option<&[u8]>) -> Result<Image, PackError> {
    let failed = |error: wasmi::Error| PackError::Preparation(error.to_string());
    let engine = Engine::default();
    let module = Module::new(&engine, module).map_err(failed)?;
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    for import in module.imports() {
        // Nothing is there to be read or written yet.
        let Some(function) = import.ty().func() else { continue };
        let name = import.name().to_owned();
        let refuse = Func::new(&mut store, function.clone(), move |_, _, _| {
            Err(wasmi::Error::new(format!("the host's function `{name}` was called")))
        });
        linker
            .define(import.module(), import.name(), refuse)
            .map_err(|error| PackError::Preparation(error.to_string()))?;
    }
    let instance = linker.instantiate_and_start(&mut store, &module).map_err(failed)?;
    let memory: Option<Memory> = instance.get_export(&store, "memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| PackError::Preparation("there is no memory".into()))?;
    let (mut at, mut len) = (0, 0);
    if let Some(text) = policy {
        len = u32::try_from(text.len()).map_err(|_| PackError::Preparation("the policy is too long".into()))?;
        at = instance
            .get_typed_func::<u32, u32>(&store, "malloc")
            .map_err(failed)?
            .call(&mut store, len)
            .map_err(failed)?;
        memory.write(&mut store, at as usize, text).map_err(|error| PackError::Preparation(error.to_string()))?;
    }
    let prepare = instance.get_typed_func::<(u32, u32), u32>(&store, PREPARE).map_err(failed)?;
    if prepare.call(&mut store, (at, len)).map_err(failed)? == 0 {
        return Err(PackError::Preparation("it takes the policy for an invalid one".into()));
    }
    let settle = instance.get_typed_func::<u32, ()>(&store, SETTLE).map_err(failed)?;
    settle.call(&mut store, u32::from(policy.is_some())).map_err(failed)?;
    let all = memory.data(&store);
    let pages = (all.len() / PAGE_BYTES) as u64;
    let used = all.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let bytes = all.get(base as usize..used).unwrap_or_default().to_vec();
    Ok(Image { base, bytes, pages })
}
