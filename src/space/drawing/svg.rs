//! Turns drawings into SVG. Vertices stand in a row; an edge to the next vertex is straight, and any other runs in a lane above or below
//! the row, so that no two labels overlap. `report/page/script/drawing.js` uses the same layout.

use super::{Drawing, Edge, Graph, kind};
use crate::markup::escape;
use std::fmt::Write;

/// The style sheet of drawings.
pub(crate) const STYLE: &str = include_str!("style.css");

/// Width of a character, in pixels.
const CHARACTER: usize = 7;
/// Distance between lanes.
const LANE: isize = 24;
/// Half the height of a vertex.
const HALF: isize = 11;

impl Drawing {
    /// Returns the drawing as SVG, for a page that has the style sheet.
    pub fn svg(&self, label: &str) -> String {
        let cells: Vec<Laid> = self.cells.iter().map(Laid::new).collect();
        let width = cells.iter().map(|cell| cell.width).max().unwrap_or(0);
        let height: isize = cells.iter().map(|cell| cell.height).sum();
        let mut svg = format!(
            "<svg class=\"cell\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">",
            escape(label)
        );
        let mut top = 0;
        for cell in &cells {
            svg += &cell.drawn(top);
            top += cell.height;
        }
        svg + "</svg>"
    }

    /// Returns the drawing as an SVG file of its own.
    pub fn standalone(&self, label: &str) -> String {
        let title = format!("<title>{}</title><style>{STYLE}</style>", escape(label));
        let svg = self.svg(label).replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
        svg.replacen('>', &format!(">{title}"), 1) + "\n"
    }
}

/// A graph and its layout.
struct Laid<'a> {
    graph: &'a Graph,
    /// The lane of each edge: 0 is the row, odd ones are above it and even ones below.
    lanes: Vec<isize>,
    /// Half the width of a vertex, and the distance from one vertex to the next.
    half: isize,
    pitch: isize,
    width: isize,
    height: isize,
    /// Distance of the row from the top.
    row: isize,
}

impl<'a> Laid<'a> {
    fn new(graph: &'a Graph) -> Self {
        let lanes = lanes(&graph.edges);
        let longest = |labels: &mut dyn Iterator<Item = &String>| {
            (labels.map(|label| label.chars().count()).max().unwrap_or(0) * CHARACTER) as isize
        };
        let half = longest(&mut graph.vertices.iter().map(|vertex| &vertex.label)) / 2 + 7;
        let on_edges = longest(&mut graph.edges.iter().map(|edge| &edge.label));
        let pitch = 2 * half + if on_edges > 0 { on_edges + 22 } else { 24 };
        let above = lanes.iter().filter(|lane| *lane % 2 == 1).map(|lane| (lane + 1) / 2).max().unwrap_or(0);
        let below = lanes.iter().filter(|lane| *lane % 2 == 0).map(|lane| lane / 2).max().unwrap_or(0);
        let title = if graph.title.is_empty() { 0 } else { 18 };
        let row = title + above * LANE + HALF + 10;
        let vertices = graph.vertices.len() as isize;
        let width = (pitch * (vertices - 1).max(0) + 2 * half + 4).max(CHARACTER as isize * 20);
        Laid { graph, lanes, half, pitch, width, height: row + HALF + below * LANE + 10, row }
    }

    /// Whether another edge goes up or down through the middle of this one, on its way to a lane beyond.
    fn is_crossed(&self, edge: &Edge, lane: isize) -> bool {
        let beyond = |other: isize| lane != 0 && other > lane && other % 2 == lane % 2;
        let ends_there = |other: &Edge| [2 * other.from, 2 * other.to].contains(&(edge.from + edge.to));
        self.graph.edges.iter().zip(&self.lanes).any(|(other, &lane)| beyond(lane) && ends_there(other))
    }

    fn drawn(&self, top: isize) -> String {
        let row = top + self.row;
        let x = |place: usize| self.half + 2 + self.pitch * place as isize;
        let mut svg = String::new();
        // Writing to a String cannot fail.
        if !self.graph.title.is_empty() {
            let _ =
                write!(svg, "<text class=\"title\" x=\"2\" y=\"{}\">{}</text>", top + 13, escape(&self.graph.title));
        }
        for (edge, &lane) in self.graph.edges.iter().zip(&self.lanes) {
            let state = if edge.live { kind(&edge.label) } else { "dead" };
            let (from, to) = (x(edge.from), x(edge.to));
            let (path, y) = if lane == 0 {
                (format!("M{} {row}H{}", from + self.half, to - self.half - 1), row)
            } else {
                let (level, side) = ((lane + 1) / 2, if lane % 2 == 1 { -1 } else { 1 });
                let y = row + side * (HALF + level * LANE - 6);
                let off = (8 - 3 * (level - 1)).max(0);
                let (start, end, edge) = (from + off, to - off, row + side * HALF);
                let path = format!(
                    "M{start} {edge}Q{start} {y} {} {y}H{}Q{end} {y} {end} {}",
                    start + 12,
                    end - 12,
                    edge + side
                );
                (path, y)
            };
            let tip = if lane == 0 {
                format!("M{} {}l6 3l-6 3z", to - self.half - 6, row - 3)
            } else {
                let (level, side) = ((lane + 1) / 2, if lane % 2 == 1 { -1 } else { 1 });
                let end = to - (8 - 3 * (level - 1)).max(0);
                format!("M{} {}h6l-3 {}z", end - 3, row + side * (HALF + 6), -side * 6)
            };
            let _ = write!(svg, "<path class=\"edge {state}\" d=\"{path}\"/><path class=\"tip {state}\" d=\"{tip}\"/>");
            if !edge.label.is_empty() {
                let width = (edge.label.chars().count() * CHARACTER) as isize + 6;
                let middle = (from + to) / 2 + if self.is_crossed(edge, lane) { self.pitch / 2 } else { 0 };
                let _ = write!(
                    svg,
                    "<rect class=\"label {state}\" x=\"{}\" y=\"{}\" width=\"{width}\" height=\"17\" rx=\"4\"/><text class=\"{state}\" x=\"{middle}\" y=\"{}\">{}</text>",
                    middle - width / 2,
                    y - 9,
                    y + 4,
                    escape(&edge.label)
                );
            }
        }
        for (place, vertex) in self.graph.vertices.iter().enumerate() {
            let class = match (vertex.operation, vertex.live) {
                (_, false) => "dead",
                (true, true) => kind(&vertex.label),
                (false, true) => "node",
            };
            let round = if vertex.operation { 4 } else { HALF };
            let _ = write!(
                svg,
                "<rect class=\"vertex {class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{round}\"/><text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
                x(place) - self.half,
                row - HALF,
                2 * self.half,
                2 * HALF,
                x(place),
                row + 4,
                escape(&vertex.label)
            );
        }
        svg
    }
}

/// Returns the lane of each edge: the lowest that is free over its part of the row, short edges first.
pub(super) fn lanes(edges: &[Edge]) -> Vec<isize> {
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by_key(|&place| (edges[place].to - edges[place].from, edges[place].from));
    let mut lanes = vec![0; edges.len()];
    let mut taken: Vec<(isize, usize, usize)> = Vec::new();
    for place in order {
        let Edge { from, to, .. } = edges[place];
        let free = |lane: &isize| taken.iter().all(|(other, a, b)| other != lane || to <= *a || from >= *b);
        let first = isize::from(to - from > 1);
        let lane = (first..).find(free).unwrap_or(first);
        taken.push((lane, from, to));
        lanes[place] = lane;
    }
    lanes
}
