//! Formulas over named metrics, as KEDA's scaling modifiers have them.
//!
//! The part of expr-lang that such formulas use: numbers, names, `+ - * / % ** ^`, comparisons, `&& || !`, `?:`, `??` for a
//! metric that failed, and `min max abs ceil floor round sum mean count` of numbers. A name without a value is nil, and
//! what is made of nil is nil.
//!
//! Source: KEDA scaling modifiers (documentation), expr-lang language definition. No library on crates.io reads this
//! language, and those that read another lack `??` or `?:`.

/// A formula that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Formula(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(f64),
    Name(String),
    Unary(char, Box<Node>),
    Binary(&'static str, Box<Node>, Box<Node>),
    Choice(Box<Node>, Box<Node>, Box<Node>),
    Call(String, Vec<Node>),
}

/// Operators by how tightly they bind, the loosest first; `?:` is looser than all.
const OPERATORS: [&[&str]; 7] = [
    &["||", "or"],
    &["&&", "and"],
    &["==", "!=", "<=", ">=", "<", ">"],
    &["+", "-"],
    &["*", "/", "%"],
    &["**", "^"],
    &["??"],
];

const FUNCTIONS: [&str; 9] =
    ["min", "max", "abs", "ceil", "floor", "round", "sum", "mean", "count"];

/// Formulas within formulas go no deeper.
const DEEPEST: usize = 64;

impl Formula {
    /// Reads `text`; `names` are those that may stand in it. When it does not fit, says what is wrong.
    pub(crate) fn parse(text: &str, names: &[&str]) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, names, depth: 0 };
        let node = parser.choice()?;
        match parser.peek() {
            None => Ok(Self(node)),
            Some(token) => Err(format!("a formula that ends before {token:?}")),
        }
    }

    /// The value with `of` for every name; none when it is nil or no number.
    pub(crate) fn value(&self, of: &impl Fn(&str) -> Option<f64>) -> Option<f64> {
        self.0.value(of).filter(|value| value.is_finite())
    }
}

impl Node {
    fn value(&self, of: &impl Fn(&str) -> Option<f64>) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Name(name) => of(name),
            Self::Unary('!', node) => node.value(of).map(|value| f64::from(value == 0.0)),
            Self::Unary(_, node) => node.value(of).map(|value| -value),
            Self::Binary("??", left, right) => left.value(of).or_else(|| right.value(of)),
            Self::Binary(operator, left, right) => {
                Some(combined(operator, left.value(of)?, right.value(of)?))
            }
            Self::Choice(condition, yes, no) => {
                if condition.value(of)? != 0.0 {
                    yes.value(of)
                } else {
                    no.value(of)
                }
            }
            Self::Call(name, arguments) => {
                let values: Option<Vec<f64>> =
                    arguments.iter().map(|node| node.value(of)).collect();
                called(name, &values?)
            }
        }
    }
}

fn combined(operator: &str, a: f64, b: f64) -> f64 {
    match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "%" => a % b,
        "**" | "^" => a.powf(b),
        "==" => f64::from(a == b),
        "!=" => f64::from(a != b),
        "<" => f64::from(a < b),
        "<=" => f64::from(a <= b),
        ">" => f64::from(a > b),
        ">=" => f64::from(a >= b),
        "&&" | "and" => f64::from(a != 0.0 && b != 0.0),
        _ => f64::from(a != 0.0 || b != 0.0),
    }
}

fn called(name: &str, values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    Some(match name {
        "min" => values.iter().copied().fold(first, f64::min),
        "max" => values.iter().copied().fold(first, f64::max),
        "abs" => first.abs(),
        "ceil" => first.ceil(),
        "floor" => first.floor(),
        "round" => first.round(),
        "sum" => values.iter().sum(),
        "mean" => values.iter().sum::<f64>() / values.len() as f64,
        _ => values.iter().filter(|value| **value != 0.0).count() as f64,
    })
}

/// Cuts a formula into numbers, names and signs.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() || first == '.' {
            number_length(rest)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            rest.find(ends).unwrap_or(rest.len())
        } else {
            let two = rest.get(..2).unwrap_or_default();
            let known = OPERATORS.iter().flat_map(|level| level.iter()).any(|sign| *sign == two);
            if known { 2 } else { first.len_utf8() }
        };
        found.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    if found.is_empty() { Err("a formula that is not empty".to_owned()) } else { Ok(found) }
}

/// How many characters a number takes: digits, a point, and an exponent with its sign.
fn number_length(text: &str) -> usize {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        if !(c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E') || sign) {
            return at;
        }
        before = c;
    }
    text.len()
}

/// Reads tokens by precedence.
struct Parser<'a> {
    tokens: Vec<String>,
    at: usize,
    names: &'a [&'a str],
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        let found = self.peek().unwrap_or("its end").to_owned();
        if self.take(token) {
            Ok(())
        } else {
            Err(format!("a formula with {token:?} before {found:?}"))
        }
    }

    fn choice(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("a formula with at most {DEEPEST} levels"));
        }
        let condition = self.binary(0)?;
        let node = if self.take("?") {
            let yes = self.choice()?;
            self.expect(":")?;
            Node::Choice(Box::new(condition), Box::new(yes), Box::new(self.choice()?))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(node)
    }

    /// Operators of `level` and all that bind more tightly, from the left.
    fn binary(&mut self, level: usize) -> Result<Node, String> {
        let Some(operators) = OPERATORS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|sign| self.peek() == Some(**sign)) {
            self.at += 1;
            left = Node::Binary(operator, Box::new(left), Box::new(self.binary(level + 1)?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, String> {
        let mut signs = Vec::new();
        while let Some(sign) = ['-', '!'].into_iter().find(|sign| self.take(&sign.to_string())) {
            signs.push(sign);
        }
        let node = self.primary()?;
        Ok(signs
            .into_iter()
            .rev()
            .take(DEEPEST)
            .fold(node, |node, sign| Node::Unary(sign, Box::new(node))))
    }

    fn primary(&mut self) -> Result<Node, String> {
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return Err("a formula that goes on".to_owned());
        };
        self.at += 1;
        if token == "(" {
            let node = self.choice()?;
            self.expect(")")?;
            return Ok(node);
        }
        if let Ok(number) = token.parse::<f64>()
            && token.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        {
            return Ok(Node::Number(number));
        }
        match token.as_str() {
            "nil" => Ok(Node::Name(token)),
            "true" => Ok(Node::Number(1.0)),
            "false" => Ok(Node::Number(0.0)),
            name if FUNCTIONS.contains(&name) => self.call(token),
            name if self.names.contains(&name) => Ok(Node::Name(token)),
            _ => Err(format!("a formula of {} without {token:?}", self.names.join(", "))),
        }
    }

    fn call(&mut self, name: String) -> Result<Node, String> {
        self.expect("(")?;
        let mut arguments = vec![self.choice()?];
        while self.take(",") {
            arguments.push(self.choice()?);
        }
        self.expect(")")?;
        Ok(Node::Call(name, arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        let of = |name: &str| match name {
            "load" => Some(40.0),
            "cpu" => Some(0.5),
            _ => None,
        };
        Formula::parse(text, &["load", "cpu", "memory"]).unwrap().value(&of)
    }

    #[test]
    fn formulas_have_their_values() {
        for (text, expected) in [
            ("1 + 2 * 3 ** 2", Some(19.0)),
            ("(load - 1.5e1) / 5", Some(5.0)),
            ("-load + !0", Some(-39.0)),
            ("cpu > 0.4 && load < 50 ? load : 1", Some(40.0)),
            ("cpu > 0.6 ? 1 : load > 100 ? 2 : 3", Some(3.0)),
            ("memory ?? load", Some(40.0)),
            ("memory + load", None),
            ("max(load, 3, 70) + min(1, 2) + mean(1, 3)", Some(73.0)),
            ("sum(1, 2, 3) + count(0, 1, 5 > 4)", Some(8.0)),
            ("1 / 0", None),
            ("nil ?? 2", Some(2.0)),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in ["", "1 +", "(1", "load load", "disk", "max()", "1 ? 2", "$", "1..2", "max 3"] {
            assert!(Formula::parse(text, &["load"]).is_err(), "{text}");
        }
        let deep = format!("{}1{}", "(".repeat(2_000), ")".repeat(2_000));
        assert!(Formula::parse(&deep, &[]).unwrap_err().contains("64 levels"));
    }
}
