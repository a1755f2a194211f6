//! The JSON Schema of policies, for editors, made from the table that also checks them.
//! Source: JSON Schema draft 2020-12, <https://json-schema.org/draft/2020-12>.

use super::diagnostics::{push_json_string, push_number};
use super::schema::{Field, Form, POLICY, SECRET, Shape};

/// A JSON Schema that describes policies, for editors that complete and check YAML.
pub fn json_schema() -> String {
    let mut out =
        String::from("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"auditgate policy\",");
    shape(&POLICY, &mut out);
    out.push_str("}\n");
    out
}

/// The members of an object that describes a value, without its braces.
fn shape(shape_: &Shape, out: &mut String) {
    match shape_ {
        Shape::Object(fields) => object(fields, out),
        Shape::List(item) => {
            out.push_str("\"type\":\"array\",\"items\":{");
            shape(item, out);
            out.push('}');
        }
        Shape::Values(value) => {
            out.push_str("\"type\":\"object\",\"additionalProperties\":{");
            shape(value, out);
            out.push('}');
        }
        Shape::Anything => {}
        Shape::Truth => out.push_str("\"type\":\"boolean\""),
        Shape::Number(least, most) => {
            out.push_str("\"type\":\"integer\",\"minimum\":");
            push_number(out, *least as usize);
            out.push_str(",\"maximum\":");
            push_number(out, *most as usize);
        }
        Shape::Choice(choices) => {
            out.push_str("\"enum\":");
            names(choices.iter().copied(), out);
        }
        Shape::Text(Form::Name | Form::Class) => {
            out.push_str("\"type\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9_-]{0,62}$\"");
        }
        Shape::Text(Form::Codes | Form::Share) => out.push_str("\"type\":[\"string\",\"number\"]"),
        Shape::Text(Form::Option) => out.push_str("\"type\":[\"string\",\"number\",\"boolean\"]"),
        Shape::Text(_) => out.push_str("\"type\":\"string\""),
        Shape::Secret => shape(&SECRET, out),
    }
}

fn object(fields: &[Field], out: &mut String) {
    out.push_str("\"type\":\"object\",\"additionalProperties\":false,");
    if fields.iter().any(|field| field.required.is_some()) {
        out.push_str("\"required\":");
        names(fields.iter().filter(|field| field.required.is_some()).map(|field| field.key), out);
        out.push(',');
    }
    out.push_str("\"properties\":{");
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_json_string(out, field.key);
        out.push_str(":{\"description\":");
        push_json_string(out, field.doc);
        let end = out.len();
        out.push(',');
        shape(field.shape, out);
        if out.len() == end + 1 {
            out.truncate(end);
        }
        out.push('}');
    }
    out.push('}');
}

fn names<'n>(names: impl Iterator<Item = &'n str>, out: &mut String) {
    for (index, name) in names.enumerate() {
        out.push(if index > 0 { ',' } else { '[' });
        push_json_string(out, name);
    }
    out.push(']');
}
