//! Folded names in a trie: which of them a text has at a place, in one walk.

/// What stands beside a name in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks {
    /// `=`: its case counts ("US" is not "us").
    pub exact: bool,
    /// `*` at the end: more letters may follow in the word.
    pub open: bool,
    /// `?`: a word of the language as well; counts only beside another name ("오만", "Jordan").
    pub weak: bool,
}

/// A name at the end of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it begins in the text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The number it was given with.
    pub target: u32,
    pub marks: Marks,
}

/// The names, ready to be looked for.
///
/// A node whose names all go on in one way only is not split further: the rest of the name is compared as a whole, so that most names cost one node.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    nodes: Vec<Node>,
    /// The bytes by which nodes go on, those of one node beside each other and in order.
    bytes: Vec<u8>,
    /// The nodes they lead to.
    next: Vec<u32>,
    /// The ends of names that no other name begins with.
    tails: String,
}

#[derive(Debug, Default, Clone, Copy)]
struct Node {
    first_edge: u32,
    edges: u16,
    marks: Marks,
    /// The name that ends here, or after the tail; none if it is [`NONE`].
    target: u32,
    tail: u32,
    tail_bytes: u16,
}

const NONE: u32 = u32::MAX;

/// Up to so many bytes are looked through one by one faster than many at once.
const FEW: usize = 6;

impl Lexicon {
    /// Makes the lexicon of names in the order of their bytes, each once.
    pub(super) fn new(names: &[(&str, u32, Marks)]) -> Lexicon {
        let mut lexicon = Lexicon::default();
        lexicon.nodes.push(Node { target: NONE, ..Node::default() });
        lexicon.grow(0, names, 0);
        lexicon
    }

    /// Fills a node with names that are equal up to `depth`.
    fn grow(&mut self, node: usize, names: &[(&str, u32, Marks)], depth: usize) {
        let (mut names, mut filled) = (names, Node { target: NONE, ..Node::default() });
        if let [(name, target, marks)] = names {
            filled.tail = self.tails.len().try_into().unwrap_or(NONE);
            filled.tail_bytes = (name.len() - depth).try_into().unwrap_or(u16::MAX);
            // A tail may begin inside a character; its bytes are compared, so it is kept with the whole of its first character before it.
            let from = name.floor_char_boundary(depth);
            self.tails.push_str(&name[from..]);
            filled.tail += u32::try_from(depth - from).unwrap_or_default();
            (filled.target, filled.marks) = (*target, *marks);
            self.nodes[node] = filled;
            return;
        }
        if let Some((name, target, marks)) = names.first()
            && name.len() == depth
        {
            (filled.target, filled.marks) = (*target, *marks);
            names = &names[1..];
        }
        let byte_of = |name: &str| name.as_bytes().get(depth).copied().unwrap_or_default();
        let mut groups = Vec::new();
        let mut rest = names;
        while let Some((name, ..)) = rest.first() {
            let byte = byte_of(name);
            let (same, others) =
                rest.split_at(rest.partition_point(|(name, ..)| byte_of(name) <= byte));
            groups.push((byte, same));
            rest = others;
        }
        filled.first_edge = self.bytes.len().try_into().unwrap_or(NONE);
        filled.edges = groups.len().try_into().unwrap_or(u16::MAX);
        self.nodes[node] = filled;
        let first_node = self.nodes.len();
        for (number, (byte, _)) in groups.iter().enumerate() {
            self.bytes.push(*byte);
            self.next.push((first_node + number).try_into().unwrap_or(NONE));
            self.nodes.push(Node { target: NONE, ..Node::default() });
        }
        for (number, (_, same)) in groups.into_iter().enumerate() {
            self.grow(first_node + number, same, depth + 1);
        }
    }

    /// Its names, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut open: Vec<(u32, Vec<u8>)> = vec![(0, Vec::new())];
        while let Some((number, begun)) = open.pop() {
            let Some(node) = self.nodes.get(number as usize) else { continue };
            if node.target != NONE {
                let tail = node.tail as usize..node.tail as usize + usize::from(node.tail_bytes);
                let tail = self.tails.as_bytes().get(tail).unwrap_or_default();
                names.extend(String::from_utf8([&begun, tail].concat()));
            }
            let edges =
                node.first_edge as usize..node.first_edge as usize + usize::from(node.edges);
            for edge in edges.rev() {
                open.push((self.next[edge], [&begun[..], &self.bytes[edge..=edge]].concat()));
            }
        }
        names
    }

    /// The names that the text has at this place, the longest last.
    pub(super) fn at(&self, text: &str, start: usize, found: &mut Vec<Form>) {
        found.clear();
        let bytes = text.as_bytes();
        let Some(mut node) = self.nodes.first() else { return };
        let mut at = start;
        loop {
            if node.target != NONE {
                let tail = node.tail as usize..node.tail as usize + usize::from(node.tail_bytes);
                let tail = self.tails.as_bytes().get(tail).unwrap_or_default();
                if bytes[at..].starts_with(tail) {
                    found.push(Form {
                        start,
                        end: at + tail.len(),
                        target: node.target,
                        marks: node.marks,
                    });
                }
            }
            let Some(byte) = bytes.get(at) else { return };
            let edges =
                node.first_edge as usize..node.first_edge as usize + usize::from(node.edges);
            let known = &self.bytes[edges.clone()];
            let edge = match known.len() {
                ..=FEW => known.iter().position(|known| known == byte),
                _ => memchr::memchr(*byte, known),
            };
            let Some(edge) = edge else { return };
            let Some(child) = self.nodes.get(self.next[edges.start + edge] as usize) else {
                return;
            };
            node = child;
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(names: &[&str], text: &str, start: usize) -> Vec<String> {
        let mut names = names.to_vec();
        names.sort_unstable();
        names.dedup();
        let names: Vec<(&str, u32, Marks)> =
            (0u32..).zip(names).map(|(number, name)| (name, number, Marks::default())).collect();
        let mut forms = Vec::new();
        Lexicon::new(&names).at(text, start, &mut forms);
        for form in &forms {
            assert_eq!(names[form.target as usize].0, &text[start..form.end]);
        }
        forms.into_iter().map(|form| text[start..form.end].to_owned()).collect()
    }

    #[test]
    fn a_walk_finds_every_name_that_begins_there() {
        let names =
            ["korea", "korea zinc", "한국", "한국전력", "한", "日", "日本", "日本銀行", "k"];
        let check = |text: &str, want: &[&str]| assert_eq!(found(&names, text, 0), want, "{text}");
        check("korea zinc soars", &["k", "korea", "korea zinc"]);
        check("korean", &["k", "korea"]);
        check("한국전", &["한", "한국"]);
        check("日本銀行", &["日", "日本", "日本銀行"]);
        check("月", &[]);
        check("", &[]);
    }

    proptest! {
        #[test]
        fn it_finds_what_a_loop_over_the_names_finds(
            names in proptest::collection::vec("[ab가나日]{1,4}", 0..30), text in "[ab가나日]{0,6}",
        ) {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut want: Vec<&str> = known.iter().copied().filter(|name| text.starts_with(name)).collect();
            want.sort_unstable_by_key(|name| name.len());
            want.dedup();
            prop_assert_eq!(found(&known, &text, 0), want);
        }
    }
}
