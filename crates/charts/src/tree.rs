//! A figure's SVG as resvg reads it, with the bundled fonts. Letters that those lack come from this machine's fonts; where these
//! lack them too, the figure is refused: a picture without its words would say something else.

use std::sync::Arc;

use resvg::usvg::{Group, Node, Options, Tree};

use crate::error::ChartError;
use crate::fonts;

pub(crate) fn tree(svg: &str) -> Result<Tree, ChartError> {
    let read = |fontdb| {
        let options = Options { font_family: "Inter".to_owned(), fontdb, ..Options::default() };
        Tree::from_str(svg, &options).map_err(|error| ChartError::Svg(error.to_string()))
    };
    let tree = read(fonts::database())?;
    if missing(tree.root()).is_empty() {
        return Ok(tree);
    }
    let tree = read(Arc::clone(fonts::with_those_of_the_machine()))?;
    let mut missing = missing(tree.root());
    if missing.is_empty() {
        return Ok(tree);
    }
    missing.sort_unstable();
    missing.dedup();
    let letters: Vec<String> = missing.iter().map(|letter| format!("“{letter}”")).collect();
    Err(ChartError::Letters { letters: letters.join(", ") })
}

/// Letters that no font of the tree has a shape for.
fn missing(group: &Group) -> Vec<char> {
    let mut letters = Vec::new();
    for node in group.children() {
        match node {
            Node::Group(group) => letters.extend(missing(group)),
            Node::Text(text) => {
                let said: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
                let mut shaped = String::new();
                for glyph in text.layouted().iter().flat_map(|span| &span.positioned_glyphs) {
                    if glyph.id.0 == 0 {
                        letters.extend(glyph.text.chars());
                    } else {
                        shaped.push_str(&glyph.text);
                    }
                }
                // A text without any font is left out as a whole.
                if shaped.is_empty() && letters.is_empty() {
                    letters.extend(said.chars().filter(|letter| !letter.is_whitespace()));
                }
            }
            Node::Path(_) | Node::Image(_) => {}
        }
    }
    letters
}
