//! The traps: most seen in a real Fluent Bit, the others known from its source or documentation.

use crate::configuration::{Configuration, Section, bytes, is_true};
use crate::report::Finding;

/// Below this, events that really occur do not fit.
const LARGE_EVENT_BYTES: u64 = 16_000_000;

/// How long Fluent Bit follows a rotated file, in seconds, and how long is long enough.
const DEFAULT_ROTATE_WAIT: u64 = 5;
const LONG_WAIT: u64 = 86_400;

pub(crate) fn find(configuration: &Configuration, version: Option<(u32, u32, u32)>) -> Vec<Finding> {
    let mut found = Vec::new();
    let first = configuration.inputs.first().or(configuration.outputs.first());
    if let (Some((4, 1, patch @ (0 | 1))), Some(section)) = (version, first) {
        found.push(Finding::new(
            "F016",
            section.place.clone(),
            format!("Fluent Bit 4.1.{patch} leaks memory in its wasm filter"),
        ));
    }
    let reloads =
        configuration.service.iter().find(|property| property.key == "hot_reload" && is_true(&property.value));
    if let Some(reloads) = reloads.filter(|_| is_of_old_line(version) && configuration.outputs.iter().any(is_plugin)) {
        found.push(Finding::new(
            "F020",
            reloads.place.clone(),
            "`hot_reload` is on beside the output plugin".to_owned(),
        ));
    }
    for (index, input) in configuration.inputs.iter().enumerate() {
        input_traps(configuration, input, index, version, &mut found);
    }
    for module in modules(configuration) {
        module_traps(module, &mut found);
    }
    routing_traps(configuration, &mut found);
    for output in &configuration.outputs {
        output_traps(output, &mut found);
    }
    found
}

/// Whether it is, or may be, a Fluent Bit that loads a module for every chunk.
fn is_of_old_line(version: Option<(u32, u32, u32)>) -> bool {
    version.is_none_or(|version| version < (4, 1, 0))
}

/// Every place where a module runs.
fn modules(configuration: &Configuration) -> impl Iterator<Item = &Section> {
    let of_plugins = configuration.inputs.iter().chain(&configuration.outputs).flat_map(|section| &section.processors);
    configuration.filters.iter().chain(of_plugins).filter(|section| is_module(section))
}

fn is_module(section: &Section) -> bool {
    section.name() == "wasm"
}

/// The output plugin redacts what it delivers.
fn is_plugin(output: &Section) -> bool {
    output.name() == "auditgate"
}

fn is_guard(section: &Section) -> bool {
    let keeps_stamped = |value: &str| value.starts_with("$auditgate[");
    section.name() == "grep"
        && section.properties.iter().any(|property| property.key == "regex" && keeps_stamped(&property.value))
}

fn input_traps(
    configuration: &Configuration,
    input: &Section,
    index: usize,
    version: Option<(u32, u32, u32)>,
    found: &mut Vec<Finding>,
) {
    let tag = tag(input, index);
    let name = input.name();
    let position = configuration.filters.iter().position(|filter| is_module(filter) && filter.matches(&tag));
    let as_processor = input.processors.iter().position(is_module);
    let has_module = position.is_some() || as_processor.is_some();
    let guarded = input.processors.iter().skip(as_processor.unwrap_or(usize::MAX)).any(is_guard)
        || has_module
            && configuration
                .filters
                .iter()
                .skip(position.unwrap_or(0))
                .any(|filter| is_guard(filter) && filter.matches(&tag));
    let (redacting, others): (Vec<_>, Vec<_>) =
        configuration.outputs.iter().filter(|output| output.matches(&tag)).partition(|output| is_plugin(output));
    for output in others {
        let place = output.place_of(if output.property("match_regex").is_some() { "match_regex" } else { "match" });
        let output_name = output.name();
        if !has_module {
            found.push(Finding::new(
                "F002",
                place,
                format!(
                    "`{output_name}` gets records of the input `{name}` (tag `{tag}`) that did not pass the module"
                ),
            ));
        } else if !guarded {
            found.push(Finding::new("F003", place, format!("`{output_name}` takes the tag `{tag}` of the input `{name}`, which records have before the module, and no guard stands in between")));
        }
    }
    if let (Some(routes), None) = (&input.routes, as_processor) {
        found.push(Finding::new(
            "F005",
            routes.clone(),
            format!("the input `{name}` has conditional routes, and the module is no processor of it"),
        ));
    }
    if let Some(position) = position {
        let renames = |filter: &Section| {
            filter.name() == "modify"
                && filter
                    .properties
                    .iter()
                    .any(|property| property.key.starts_with("hard_rename") && property.value.starts_with("auditgate "))
        };
        if !configuration.filters.iter().take(position).any(|filter| renames(filter) && filter.matches(&tag)) {
            let place = configuration.filters.get(position).map_or(&input.place, |filter| &filter.place);
            found.push(Finding::new(
                "F015",
                place.clone(),
                "a stamp that a record brings along is not renamed in front of the module".to_owned(),
            ));
        }
    }
    let waits = input.property("inotify_watcher").is_none() || input.is_on("inotify_watcher");
    if has_module && name == "tail" && waits && is_of_old_line(version) {
        found.push(Finding::new(
            "F018",
            input.place_of("inotify_watcher"),
            "the input `tail` waits for inotify".to_owned(),
        ));
    }
    if has_module || !redacting.is_empty() {
        losses(input, name, found);
        if name == "tail" {
            repeats(input, found);
        }
    }
}

/// What an input loses before the module sees it, or behind it.
fn losses(input: &Section, name: &str, found: &mut Vec<Finding>) {
    if name == "tail" {
        let value = input.value("buffer_max_size");
        let limit = if value.is_empty() { Some(32_000) } else { bytes(value) };
        let skips = input.is_on("skip_long_lines");
        if limit.is_some_and(|limit| limit < LARGE_EVENT_BYTES) || !skips {
            let shown = if value.is_empty() { "32K, the default" } else { value };
            let beyond = if skips { "longer lines are skipped" } else { "a longer line ends the reading of its file" };
            found.push(Finding::new(
                "F009",
                input.place_of("buffer_max_size"),
                format!("lines may have {shown}; {beyond}"),
            ));
        }
    }
    if input.value("storage.type") != "filesystem" {
        found.push(Finding::new(
            "F010",
            input.place_of("storage.type"),
            format!("the input `{name}` keeps its records in memory"),
        ));
    }
    if input.is_on("threaded") {
        found.push(Finding::new("F011", input.place_of("threaded"), format!("the input `{name}` is threaded")));
    }
}

/// What an input reads a second time.
fn repeats(input: &Section, found: &mut Vec<Finding>) {
    let path = input.value("path");
    // The links of containers keep their names, and what they point to is no file of that folder.
    let fits_old_names =
        path.rsplit('/').next().is_some_and(|name| name.contains('*')) && !path.starts_with("/var/log/containers/");
    let wait = input.value("rotate_wait").parse::<u64>().unwrap_or(DEFAULT_ROTATE_WAIT);
    if fits_old_names && input.is_on("read_from_head") && wait < LONG_WAIT {
        found.push(Finding::new(
            "F019",
            input.place_of("rotate_wait"),
            format!("files of `{path}` are followed for {wait} seconds after they were rotated"),
        ));
    }
}

fn module_traps(module: &Section, found: &mut Vec<Finding>) {
    let format = module.value("event_format");
    if format.eq_ignore_ascii_case("msgpack") {
        found.push(Finding::new("F006", module.place_of("event_format"), "`event_format` is msgpack".to_owned()));
    }
    let stack = module.value("wasm_stack_size");
    if stack.is_empty() || bytes(stack).is_some_and(|bytes| bytes < 64_000) {
        let shown = if stack.is_empty() { "8K, the default" } else { stack };
        found.push(Finding::new("F007", module.place_of("wasm_stack_size"), format!("`wasm_stack_size` is {shown}")));
    }
    if module.property("accessible_paths").is_none() {
        found.push(Finding::new("F008", module.place.clone(), "`accessible_paths` is not given".to_owned()));
    }
}

fn routing_traps(configuration: &Configuration, found: &mut Vec<Finding>) {
    let limited = |section: &Section| bytes(section.value("emitter_mem_buf_limit")) != Some(0);
    let mut limit = |section: &Section| {
        if limited(section) {
            let value = section.value("emitter_mem_buf_limit");
            let shown = if value.is_empty() { "10M, the default" } else { value };
            found.push(Finding::new(
                "F013",
                section.place_of("emitter_mem_buf_limit"),
                format!("`emitter_mem_buf_limit` is {shown}"),
            ));
        }
    };
    let processors = configuration.inputs.iter().flat_map(|input| &input.processors);
    processors.filter(|section| section.name() == "rewrite_tag").for_each(&mut limit);
    for filter in configuration.filters.iter().filter(|filter| filter.name() == "rewrite_tag") {
        limit(filter);
    }
    for filter in configuration.filters.iter().filter(|filter| filter.name() == "rewrite_tag") {
        found.push(Finding::new("F012", filter.place.clone(), "rewrite_tag is a [FILTER]".to_owned()));
    }
}

fn output_traps(output: &Section, found: &mut Vec<Finding>) {
    let name = output.name();
    if let Some(module) = output.processors.iter().find(|section| is_module(section)) {
        found.push(Finding::new(
            "F004",
            module.place.clone(),
            format!("the module is a processor of the output `{name}`"),
        ));
    }
    if is_plugin(output) && output.property("workers").is_none() {
        found.push(Finding::new("F017", output.place.clone(), "the output plugin has no `workers`".to_owned()));
    }
    let limit = output.value("retry_limit").to_ascii_lowercase();
    let for_ever = ["no_limits", "false", "off"].contains(&limit.as_str());
    if !for_ever && !["stdout", "null", "exit", "counter", "flowcounter"].contains(&name) {
        let shown = if limit.is_empty() { "1, the default".to_owned() } else { limit };
        found.push(Finding::new(
            "F014",
            output.place_of("retry_limit"),
            format!("`retry_limit` of the output `{name}` is {shown}"),
        ));
    }
}

/// The tag that records of an input have; `*` in it stands for a path. Without one, Fluent Bit makes it of name and number.
fn tag(input: &Section, index: usize) -> String {
    match input.value("tag") {
        "" => format!("{}.{index}", input.name()),
        tag => tag.replace('*', "path"),
    }
}
