//! The structure tree and its way back from the pages (ISO 32000-2, 14.7).

use super::Objects;
use crate::pdf::draft::{Draft, Kid, Node};
use core::fmt::Write as _;

/// Puts the tree; gives its root.
pub(super) fn put(draft: &Draft<'_>, pages: &[u32], field: Option<u32>, objects: &mut Objects) -> u32 {
    let root = objects.reserve();
    let numbers: Vec<u32> = draft.tree.iter().map(|_| objects.reserve()).collect();
    let number_of = |node: Node| numbers.get(node.0).copied().unwrap_or(root);
    let page_of = |page: usize| pages.get(page).copied().unwrap_or_default();
    let mut field_parent = None;
    for (element, number) in draft.tree.iter().zip(&numbers) {
        let mut kids = String::new();
        for kid in &element.kids {
            let _ = match kid {
                Kid::Node(node) => write!(kids, "{} 0 R ", number_of(*node)),
                Kid::Content { page, mcid } => write!(kids, "<</Type/MCR/Pg {} 0 R/MCID {mcid}>>", page_of(*page)),
                Kid::Field => {
                    field_parent = Some(*number);
                    write!(kids, "<</Type/OBJR/Pg {} 0 R/Obj {} 0 R>>", page_of(0), field.unwrap_or_default())
                }
            };
        }
        // A single kid stands without an array: pyHanko finds a field in the tree only so.
        let kids = if element.kids.len() == 1 { kids } else { format!("[{}]", kids.trim_end()) };
        let parent = element.parent.map_or(root, number_of);
        let body = format!("<</Type/StructElem/S/{}/P {parent} 0 R/K {}{}>>", element.role, kids.trim_end(), element.entries);
        objects.set(*number, body);
    }
    let mut parents = String::new();
    for (at, page) in draft.pages.iter().enumerate() {
        let nodes: String = page.marked.iter().map(|node| format!("{} 0 R ", number_of(*node))).collect();
        let _ = write!(parents, "{at}[{}]", nodes.trim_end());
    }
    if let Some(parent) = field_parent {
        let _ = write!(parents, " {} {parent} 0 R", pages.len());
    }
    let first = numbers.first().copied().unwrap_or_default();
    let next_key = pages.len() + 1;
    objects.set(root, format!("<</Type/StructTreeRoot/K[{first} 0 R]/ParentTree<</Nums[{parents}]>>/ParentTreeNextKey {next_key}>>"));
    root
}
