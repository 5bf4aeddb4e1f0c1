//! Random values and expressions.

use serde_json::{Value, json};

/// A deterministic random number generator (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn name(&mut self) -> &'static str {
        self.pick(&["a", "b", "c", "Key", "é", "日本", "a b", "~"])
    }

    /// Returns a value with at most `depth` levels of containers.
    pub(crate) fn value(&mut self, depth: usize) -> Value {
        let length = self.below(4);
        match self.below(if depth == 0 { 7 } else { 14 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(self.below(3000)),
            3 => json!([0, -1, 12][self.below(3)]),
            4 => json!([0.5, -2.25, 1e16, 0.0, 1e-7][self.below(5)]),
            5 => json!(self.pick(&[
                "",
                "x",
                "it's",
                "é\t日",
                "a\nb",
                "12",
                "\u{1b}[0m\u{7f}",
                "\\\"",
                "ﬁ"
            ])),
            6 => json!(self.name()),
            7..=9 => (0..length).map(|_| self.value(depth - 1)).collect(),
            10 => (0..length)
                .map(|_| json!({ "a": self.value(0), "b": self.value(depth - 1) }))
                .collect(),
            11 => (0..length).map(|_| json!([self.value(0), self.value(0)])).collect(),
            _ => (0..length)
                .map(|_| (self.name().to_owned(), self.value(depth - 1)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// Returns an expression with at most `depth` levels. It avoids syntax that the two parsers
    /// treat differently.
    pub(crate) fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            let leaves = [
                "a", "b", "c", "@", "a.b", "a[0]", "b[]", "a[*].a", "*", "'x'", "`1`", "`[1,2]`",
                "`null`",
            ];
            return self.pick(&leaves).to_owned();
        }
        let mut part = || self.expression(depth - 1);
        let (left, right) = (part(), part());
        match self.below(24) {
            0 | 1 => format!("{left} | {right}"),
            2 => format!("{left} || {right}"),
            3 => format!("{left} && {right}"),
            4 => format!("!({left})"),
            5 => format!("({left}) {} ({right})", self.pick(&["==", "!="])),
            6 => format!("({left}) {} ({right})", self.pick(&["<", "<=", ">", ">="])),
            7 => format!("[{left}, {right}]"),
            8 => format!("{{b: {left}, a: {right}}}"),
            9 => format!("({left})[]"),
            10 => format!("({left})[?{right}]"),
            11 => format!("({left})[*].[{right}]"),
            12 => format!("({left}).{}", self.pick(&["a", "b", "*", "\"é\"", "[a, b]", "{x: @}"])),
            13 => format!(
                "not_null({left}){}",
                self.pick(&["[0]", "[-1]", "[1:]", "[::-1]", "[:2]", "[-3::2]"])
            ),
            14 => format!("not_null({left}, {right})"),
            15 => format!("to_array({left})[?{right}]"),
            16 => format!("map(&{right}, to_array({left}))"),
            17 => format!("sort_by(to_array({left}), &to_string({right}))"),
            18 => format!(
                "{}(to_array({left}), &length(to_string({right})))",
                self.pick(&["max_by", "min_by"])
            ),
            19 => format!("sort(map(&{}(@), to_array({left})))", self.pick(&["to_string", "type"])),
            20 => format!(
                "{}({left})",
                self.pick(&[
                    "type",
                    "to_string",
                    "to_number",
                    "to_array",
                    "length",
                    "keys",
                    "values",
                    "reverse",
                    "sort",
                    "max",
                    "min",
                    "abs",
                    "ceil",
                    "floor",
                    "avg"
                ])
            ),
            21 => format!("contains({left}, {right})"),
            22 => format!("join('-', to_array({left})[*].to_string(@))"),
            _ => format!("merge({{a: {left}}}, {{b: {right}}})"),
        }
    }
}
