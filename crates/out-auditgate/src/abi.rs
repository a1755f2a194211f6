//! Fluent Bit's structures, as far as 3.1.9 and 5.1 agree on them, and its functions.

use auditgate_deliver::Level;
use std::ffi::{CStr, CString, c_char, c_int, c_void};

/// `struct flb_plugin_proxy_def`; 5.1 has two more members at its end.
#[repr(C)]
pub struct Definition {
    pub(crate) kind: c_int,
    pub(crate) proxy: c_int,
    pub(crate) flags: c_int,
    pub(crate) name: *const c_char,
    pub(crate) description: *const c_char,
}

/// `struct flbgo_output_plugin`, its first members.
#[repr(C)]
pub struct Plugin {
    name: *const c_char,
    api: *const Functions,
    instance: *mut c_void,
    pub(crate) context: *mut Context,
}

/// `struct flb_plugin_proxy_context`, its first member.
#[repr(C)]
pub struct Context {
    pub(crate) remote_context: *mut c_void,
}

/// `struct flb_api`, its first members.
#[repr(C)]
#[derive(Clone, Copy)]
struct Functions {
    output_get_property: unsafe extern "C" fn(*const c_char, *mut c_void) -> *const c_char,
    input_get_property: *const c_void,
    output_get_cmt_instance: *const c_void,
    input_get_cmt_instance: *const c_void,
    log_print: unsafe extern "C" fn(c_int, *const c_char, c_int, *const c_char, ...),
    input_log_check: *const c_void,
    output_log_check: unsafe extern "C" fn(*mut c_void, c_int) -> c_int,
}

/// What Fluent Bit offers a section.
pub(crate) struct Api {
    functions: Functions,
    instance: *mut c_void,
}

// SAFETY: Fluent Bit's plugins call these functions from all their threads; the instance outlives the section.
unsafe impl Send for Api {}
// SAFETY: the same.
unsafe impl Sync for Api {}

impl Api {
    /// The functions that a plugin is handed.
    ///
    /// # Safety
    /// `plugin.api` points to Fluent Bit's table, and `plugin.instance` to the section.
    pub(crate) unsafe fn of(plugin: &Plugin) -> Self {
        // SAFETY: by this function's contract.
        let functions = unsafe { *plugin.api };
        Self { functions, instance: plugin.instance }
    }

    /// A property of the section; `None` if it is not there, or is no UTF-8.
    pub(crate) fn property(&self, name: &CStr) -> Option<String> {
        // SAFETY: the name ends in a zero byte, and the instance is the section's.
        let value = unsafe { (self.functions.output_get_property)(name.as_ptr(), self.instance) };
        if value.is_null() {
            return None;
        }
        // SAFETY: a string that ends in a zero byte and lives as long as the section.
        let value = unsafe { CStr::from_ptr(value) };
        value.to_str().ok().map(str::to_owned)
    }

    /// Prints a line in Fluent Bit's log, if its level is wanted.
    pub(crate) fn log(&self, level: Level, message: &str) {
        let level = level as c_int;
        // SAFETY: the instance is the section's.
        if unsafe { (self.functions.output_log_check)(self.instance, level) } == 0 {
            return;
        }
        let Ok(text) = CString::new(message.replace(['\0', '\n', '\r'], " ")) else { return };
        // SAFETY: the format asks for one string, which follows; the file name is used for debugging only.
        unsafe { (self.functions.log_print)(level, c"out_auditgate".as_ptr(), 0, c"%s".as_ptr(), text.as_ptr()) };
    }
}
