//! Two values beside each other, and how many of their leaves are equal.

use super::Value;
use super::script::{Edit, Likeness, edits};

/// A place in both values; one side is missing where an item or entry came or went.
pub(super) struct Node<'a> {
    pub old: Option<&'a Value>,
    pub new: Option<&'a Value>,
    pub same: usize,
    pub different: usize,
    pub is_transformed: bool,
    /// Places below this one, and how deep they go.
    pub children: usize,
    pub depth: usize,
    pub inner: Inner<'a>,
}

pub(super) enum Inner<'a> {
    Leaf,
    Fields(Vec<(&'a str, Node<'a>)>),
    Items(Vec<Node<'a>>),
    Entries(Vec<(&'a str, Node<'a>)>),
    /// What a pointer points to.
    Target(Box<Node<'a>>),
    /// The texts in order.
    InOrder(Vec<Node<'a>>),
}

impl<'a> Node<'a> {
    pub fn compare(old: Option<&'a Value>, new: Option<&'a Value>) -> Node<'a> {
        let inner = match (old, new) {
            (Some(Value::Struct(_, old)), Some(Value::Struct(_, new))) => {
                let pairs = old.iter().zip(new);
                Inner::Fields(pairs.map(|(old, new)| (old.0, Node::compare(Some(&old.1), Some(&new.1)))).collect())
            }
            (Some(Value::Pointer(Some(old))), Some(Value::Pointer(Some(new)))) => {
                Inner::Target(Box::new(Node::compare(Some(old), Some(new))))
            }
            (Some(Value::List(_, Some(old))), Some(Value::List(_, Some(new)))) => Inner::Items(items(old, new)),
            (Some(Value::Sorted(old)), Some(Value::Sorted(new))) => match (old, new) {
                (Some([_, old]), Some([_, new])) => Inner::InOrder(items(old, new)),
                _ => Inner::InOrder(Vec::new()),
            },
            (Some(Value::Map(Some(old))), Some(Value::Map(Some(new)))) => Inner::Entries(entries(old, new)),
            _ => Inner::Leaf,
        };
        Node { old, new, same: 0, different: 0, is_transformed: false, children: 0, depth: 0, inner }.counted()
    }

    fn counted(mut self) -> Node<'a> {
        let is_equal = self.old == self.new;
        let below: Vec<&Node> = match &self.inner {
            Inner::Leaf => Vec::new(),
            Inner::Fields(nodes) | Inner::Entries(nodes) => nodes.iter().map(|(_, node)| node).collect(),
            Inner::Items(nodes) | Inner::InOrder(nodes) => nodes.iter().collect(),
            Inner::Target(node) => vec![node],
        };
        let sum = |of: fn(&Node) -> usize| below.iter().map(|node| of(node)).sum::<usize>();
        let (same, different) = (sum(|node| node.same), sum(|node| node.different));
        let children = sum(|node| node.children + 1);
        let depth = below.iter().map(|node| node.depth + 1).max().unwrap_or(0);
        let is_transformed = below.iter().any(|node| node.is_transformed);
        let is_leaf = matches!(self.inner, Inner::Leaf);
        // Texts in order are one step further down; if there are none on a side that step is a leaf.
        let is_in_order = matches!(self.inner, Inner::InOrder(_));
        let is_leaf_below = is_in_order && below.is_empty();
        let leaf = usize::from(is_leaf || is_leaf_below);
        self.same = same + if is_equal { leaf } else { 0 };
        self.different = different + if is_equal { 0 } else { leaf };
        self.children = children + usize::from(is_in_order);
        self.depth = depth + usize::from(is_in_order);
        self.is_transformed = is_transformed || is_in_order;
        self
    }
}

fn items<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<Node<'a>> {
    let likeness = |x: usize, y: usize| {
        let node = Node::compare(Some(&old[x]), Some(&new[y]));
        Likeness { same: node.same, different: node.different }
    };
    let (mut x, mut y) = (0, 0);
    let mut nodes = Vec::new();
    for edit in edits(old.len(), new.len(), &likeness) {
        let (old, new) = match edit {
            Edit::Gone => (old.get(x), None),
            Edit::Come => (None, new.get(y)),
            Edit::Kept | Edit::Changed => (old.get(x), new.get(y)),
        };
        x += usize::from(old.is_some());
        y += usize::from(new.is_some());
        nodes.push(Node::compare(old, new));
    }
    nodes
}

fn entries<'a>(old: &'a [(String, Value)], new: &'a [(String, Value)]) -> Vec<(&'a str, Node<'a>)> {
    let mut keys: Vec<&str> = old.iter().chain(new).map(|(key, _)| key.as_str()).collect();
    crate::sorted::all(&mut keys);
    keys.dedup();
    let of =
        |entries: &'a [(String, Value)], key: &str| entries.iter().find(|entry| entry.0 == key).map(|entry| &entry.1);
    keys.into_iter().map(|key| (key, Node::compare(of(old, key), of(new, key)))).collect()
}
