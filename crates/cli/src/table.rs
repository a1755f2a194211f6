//! Tables on a terminal: columns as wide as what stands in them, two spaces apart, numbers to the right.

use crate::style::Style;

/// Which side of its column a cell stands at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A table under construction.
pub(crate) struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: &[(&str, Side)]) -> Self {
        Self { columns: columns.iter().map(|(name, side)| ((*name).to_owned(), *side)).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table with its heading, each line behind `indent`.
    pub(crate) fn render(&self, style: Style, indent: &str) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let heading = self.columns.get(column).map(|(name, _)| name);
            cells.chain(heading).map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &String>| {
            let mut line = String::new();
            for ((cell, width), (_, side)) in cells.zip(&widths).zip(&self.columns) {
                let cell = if *side == Side::Left { format!("{cell:<width$}") } else { format!("{cell:>width$}") };
                line.push_str(if line.is_empty() { indent } else { "  " });
                line.push_str(&cell);
            }
            line.trim_end().to_owned()
        };
        let heading = line(&mut self.columns.iter().map(|(name, _)| name));
        let mut out = format!("{}\n", style.dim(&heading));
        for row in &self.rows {
            out.push_str(&line(&mut row.iter()));
            out.push('\n');
        }
        out
    }
}
