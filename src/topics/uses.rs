//! In which order topics that use each other are judged, and which use themselves.

/// An order in which every topic comes after those it uses, and the circles that stand in its way.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// The topics by index, each once.
    pub order: Vec<usize>,
    /// Each circle once: topics of which each uses the next, and the last the first.
    pub circles: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    OnPath,
    Done,
}

/// Puts topics in order; `uses` are the topics that each uses. Chains may be of any length, so nothing here recurses.
pub(super) fn order(uses: &[Vec<usize>]) -> Order {
    let mut found = Order::default();
    let mut states = vec![State::New; uses.len()];
    // The topics from the first to the one looked at, and which of its uses comes next.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for first in 0..uses.len() {
        if states[first] != State::New {
            continue;
        }
        states[first] = State::OnPath;
        path.push((first, 0));
        while let Some((topic, next)) = path.last_mut() {
            let Some(used) = uses[*topic].get(*next).copied() else {
                states[*topic] = State::Done;
                found.order.push(*topic);
                path.pop();
                continue;
            };
            *next += 1;
            match states[used] {
                State::New => {
                    states[used] = State::OnPath;
                    path.push((used, 0));
                }
                State::OnPath => {
                    let from = path.iter().position(|(topic, _)| *topic == used).unwrap_or(0);
                    found.circles.push(path[from..].iter().map(|(topic, _)| *topic).collect());
                }
                State::Done => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_comes_first() {
        let check = |uses: &[&[usize]], want: &[usize], circles: &[&[usize]]| {
            let uses: Vec<Vec<usize>> = uses.iter().map(|used| used.to_vec()).collect();
            let found = order(&uses);
            assert_eq!((found.order.as_slice(), found.circles.len()), (want, circles.len()));
            assert!(found.circles.iter().zip(circles).all(|(found, want)| found == want));
        };
        check(&[], &[], &[]);
        check(&[&[], &[], &[]], &[0, 1, 2], &[]);
        check(&[&[2], &[], &[1]], &[1, 2, 0], &[]);
        check(&[&[1, 2], &[3], &[3], &[]], &[3, 1, 2, 0], &[]);
        check(&[&[0]], &[0], &[&[0]]);
        check(&[&[1], &[2], &[0]], &[2, 1, 0], &[&[0, 1, 2]]);
        check(&[&[1], &[2], &[1]], &[2, 1, 0], &[&[1, 2]]);
        let chain: Vec<Vec<usize>> = (1..=100_000).map(|next| vec![next % 100_000]).collect();
        assert_eq!(order(&chain).circles.len(), 1);
    }
}
