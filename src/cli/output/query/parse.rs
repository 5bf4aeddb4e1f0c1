//! The conversion of an expression to its syntax tree. The `jmespath` crate parses it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jmespath::ast::{Ast, Comparator};
use jmespath::{ErrorReason, JmespathError};
use serde_json::Value;

use super::error::QueryError;
use super::functions::{Function, Parameter};
use super::node::{Node, Slice};
use super::scan;

pub(super) fn parse(expression: &str) -> Result<Node, QueryError> {
    let scan = scan::scan(expression)?;
    let tree = jmespath::parse(&scan.masked).map_err(|error| syntax_error(expression, &error))?;
    Converter { expression, literals: scan.literals }.node(tree)
}

/// Replaces the internal terms of the parser in its error.
fn syntax_error(expression: &str, error: &JmespathError) -> QueryError {
    let reason = match &error.reason {
        _ if error.offset >= expression.trim_end().len() => "incomplete expression",
        ErrorReason::Parse(reason) => match reason.split(" -- found ").next() {
            Some("Unexpected nud token" | "Unexpected led token") | None => "unexpected token",
            Some("Did not parse the complete expression") => "unexpected token",
            Some(reason) => reason,
        },
        ErrorReason::Runtime(_) => "unexpected token",
    };
    QueryError::syntax(expression, error.offset, reason)
}

struct Converter<'e> {
    expression: &'e str,
    literals: BTreeMap<usize, Value>,
}

impl Converter<'_> {
    fn node(&mut self, tree: Ast) -> Result<Node, QueryError> {
        Ok(match tree {
            Ast::Identity { .. } => Node::Current,
            Ast::Field { name, .. } => Node::Field(name),
            Ast::Index { idx, .. } => Node::Index(idx),
            Ast::Slice { offset, step: 0, .. } => {
                return Err(self.syntax(offset, "slice step cannot be zero"));
            }
            Ast::Slice { start, stop, step, .. } => Node::Slice(Slice { start, stop, step }),
            Ast::Literal { offset, value } => Node::Literal(match self.literals.remove(&offset) {
                Some(literal) => literal,
                None => value.as_string().map(String::as_str).into(),
            }),
            Ast::ObjectValues { node, .. } => Node::Members(self.boxed(*node)?),
            Ast::Flatten { node, .. } => Node::Flatten(self.boxed(*node)?),
            Ast::Projection { lhs, rhs, .. } => {
                let (rhs, rest) = detach(*rhs);
                let projection = Node::Projection(self.boxed(*lhs)?, self.boxed(rhs)?);
                match rest {
                    Some(rest) => Node::Chain(vec![projection, self.node(rest)?]),
                    None => projection,
                }
            }
            Ast::Condition { predicate, then, .. } => {
                Node::Condition(self.boxed(*predicate)?, self.boxed(*then)?)
            }
            Ast::MultiList { elements, .. } => Node::List(self.nodes(elements)?),
            Ast::MultiHash { elements, .. } => {
                let members = elements.into_iter();
                let members = members.map(|pair| Ok((pair.key, self.node(pair.value)?)));
                Node::Object(members.collect::<Result<_, QueryError>>()?)
            }
            Ast::Not { node, .. } => Node::Not(self.boxed(*node)?),
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                let sides = Box::new([self.node(*lhs)?, self.node(*rhs)?]);
                compare(&comparator, sides)
            }
            Ast::Subexpr { lhs, rhs, .. } => {
                Node::Chain(self.spine(*lhs, *rhs, |tree| match tree {
                    Ast::Subexpr { lhs, rhs, .. } => Split::Two(*lhs, *rhs),
                    other => Split::One(other),
                })?)
            }
            Ast::And { lhs, rhs, .. } => Node::And(self.spine(*lhs, *rhs, |tree| match tree {
                Ast::And { lhs, rhs, .. } => Split::Two(*lhs, *rhs),
                other => Split::One(other),
            })?),
            Ast::Or { lhs, rhs, .. } => Node::Or(self.spine(*lhs, *rhs, |tree| match tree {
                Ast::Or { lhs, rhs, .. } => Split::Two(*lhs, *rhs),
                other => Split::One(other),
            })?),
            Ast::Function { name, args, .. } => self.call(&name, args)?,
            Ast::Expref { offset, .. } => {
                let reason = "an expression reference (&) can only be an argument of a function";
                return Err(self.syntax(offset, reason));
            }
        })
    }

    fn boxed(&mut self, tree: Ast) -> Result<Box<Node>, QueryError> {
        self.node(tree).map(Box::new)
    }

    fn nodes(&mut self, trees: Vec<Ast>) -> Result<Vec<Node>, QueryError> {
        trees.into_iter().map(|tree| self.node(tree)).collect()
    }

    /// Returns the links of a chain in their order. The parser nests a chain to the left, with one
    /// level for each link.
    fn spine(
        &mut self,
        left: Ast,
        right: Ast,
        split: fn(Ast) -> Split,
    ) -> Result<Vec<Node>, QueryError> {
        let (mut links, mut rest) = (vec![right], left);
        loop {
            match split(rest) {
                Split::Two(left, right) => {
                    links.push(right);
                    rest = left;
                }
                Split::One(first) => {
                    links.push(first);
                    links.reverse();
                    return self.nodes(links);
                }
            }
        }
    }

    fn call(&mut self, name: &str, arguments: Vec<Ast>) -> Result<Node, QueryError> {
        let function = Function::named(name)
            .ok_or_else(|| QueryError::UnknownFunction { name: name.to_owned() })?;
        let (expected, received) = (function.parameters.len(), arguments.len());
        if received < expected || (received > expected && !function.variadic) {
            let (function, at_least) = (function.name, function.variadic);
            return Err(QueryError::Arity { function, expected, at_least, received });
        }
        let mismatch =
            |expected, received| QueryError::Type { function: function.name, expected, received };
        let mut nodes = Vec::with_capacity(received);
        for (position, argument) in arguments.into_iter().enumerate() {
            let parameter = function.parameters.get(position).unwrap_or(&Parameter::Value);
            nodes.push(match (parameter, argument) {
                (Parameter::Expression, Ast::Expref { ast, .. }) => self.node(*ast)?,
                (Parameter::Expression, _) => return Err(mismatch("expref", "value")),
                (Parameter::Value, Ast::Expref { .. }) => return Err(mismatch("value", "expref")),
                (Parameter::Value, argument) => self.node(argument)?,
            });
        }
        Ok(Node::Call(function, nodes))
    }

    fn syntax(&self, offset: usize, reason: &str) -> QueryError {
        QueryError::syntax(self.expression, offset, reason)
    }
}

/// Splits a projected expression after a leading multi-select hash. The Python library applies the
/// rest to the whole projection, the crate to each element. In the rest, the current value replaces
/// the hash.
fn detach(projected: Ast) -> (Ast, Option<Ast>) {
    match projected {
        Ast::Condition { offset, predicate, then } => {
            let (then, rest) = detach(*then);
            (Ast::Condition { offset, predicate, then: Box::new(then) }, rest)
        }
        hash @ Ast::MultiHash { .. } => (hash, None),
        mut other => {
            let hash = first_of(&mut other).filter(|first| matches!(first, Ast::MultiHash { .. }));
            match hash {
                Some(first) => {
                    let hash = std::mem::replace(first, Ast::Identity { offset: 0 });
                    (hash, Some(other))
                }
                None => (other, None),
            }
        }
    }
}

/// Returns the expression that is applied first.
fn first_of(tree: &mut Ast) -> Option<&mut Ast> {
    let mut tree = tree;
    loop {
        tree = match tree {
            Ast::Subexpr { lhs, .. } | Ast::Projection { lhs, .. } => lhs,
            Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => node,
            first => return Some(first),
        };
    }
}

/// A link of a chain and the links before it, or the first link.
enum Split {
    Two(Ast, Ast),
    One(Ast),
}

fn compare(comparator: &Comparator, sides: Box<[Node; 2]>) -> Node {
    match comparator {
        Comparator::Equal => Node::Equality(sides, true),
        Comparator::NotEqual => Node::Equality(sides, false),
        Comparator::LessThan => Node::Order(sides, Ordering::is_lt),
        Comparator::LessThanEqual => Node::Order(sides, Ordering::is_le),
        Comparator::GreaterThan => Node::Order(sides, Ordering::is_gt),
        Comparator::GreaterThanEqual => Node::Order(sides, Ordering::is_ge),
    }
}
