//! What an expression finds in a value: `jmespath/visitor.py`, without a copy where none is needed.

use std::borrow::Cow;

use super::arguments::{Argument, Arguments};
use super::comparison::{equals, is_false, is_ordered};
use super::error::QueryError;
use super::functions::{Function, Parameter};
use super::node::{Node, Slice};
use crate::cli::render::value::{Value, insert};

type Found<'v> = Result<Cow<'v, Value>, QueryError>;

/// Applies `node` to `value`.
///
/// # Errors
///
/// A function gets an argument that it has no use for, or a text is compared with a number.
pub(super) fn evaluate<'v>(node: &'v Node, value: &'v Value) -> Found<'v> {
    match node {
        Node::Current => Ok(Cow::Borrowed(value)),
        Node::Field(name) => Ok(borrowed(value.member(name))),
        Node::Index(position) => Ok(borrowed(element(value, *position))),
        Node::Slice(slice) => Ok(Cow::Owned(take(value, *slice))),
        Node::Literal(literal) => Ok(Cow::Borrowed(literal)),
        Node::Chain(links) => {
            links.iter().try_fold(Cow::Borrowed(value), |found, link| go_on(link, found))
        }
        Node::Members(base) => Ok(members(&*evaluate(base, value)?)),
        Node::Flatten(base) => Ok(Cow::Owned(flatten(&*evaluate(base, value)?))),
        Node::Projection(base, each) => project(evaluate(base, value)?, each),
        Node::Condition(predicate, then) => {
            if is_false(&*evaluate(predicate, value)?) {
                nothing()
            } else {
                evaluate(then, value)
            }
        }
        Node::List(_) | Node::Object(_) if matches!(value, Value::Null) => nothing(),
        Node::List(nodes) => {
            let elements: Result<_, _> = nodes.iter().map(|node| owned(node, value)).collect();
            Ok(Cow::Owned(Value::List(elements?)))
        }
        Node::Object(nodes) => {
            let mut members = Vec::with_capacity(nodes.len());
            for (name, node) in nodes {
                insert(&mut members, name.clone(), owned(node, value)?);
            }
            Ok(Cow::Owned(Value::Object(members)))
        }
        Node::Not(node) => Ok(Cow::Owned(is_false(&*evaluate(node, value)?).into())),
        Node::And(nodes) => first(nodes, value, is_false),
        Node::Or(nodes) => first(nodes, value, |found| !is_false(found)),
        Node::Equality(sides, wanted) => {
            let [left, right] = sides.as_ref();
            let (left, right) = (evaluate(left, value)?, evaluate(right, value)?);
            Ok(Cow::Owned((equals(&left, &right) == *wanted).into()))
        }
        Node::Order(sides, fits) => {
            let [left, right] = sides.as_ref();
            let (left, right) = (evaluate(left, value)?, evaluate(right, value)?);
            Ok(Cow::Owned(is_ordered(&left, &right, *fits)?.into()))
        }
        Node::Call(function, arguments) => call(function, arguments, value),
    }
}

fn owned(node: &Node, value: &Value) -> Result<Value, QueryError> {
    evaluate(node, value).map(Cow::into_owned)
}

fn nothing<'v>() -> Found<'v> {
    Ok(Cow::Owned(Value::Null))
}

fn borrowed(found: Option<&Value>) -> Cow<'_, Value> {
    found.map_or(Cow::Owned(Value::Null), Cow::Borrowed)
}

/// Applies `node` to what was found before.
fn go_on<'v>(node: &'v Node, found: Cow<'v, Value>) -> Found<'v> {
    match (node, found) {
        (_, Cow::Borrowed(value)) => evaluate(node, value),
        (Node::Current, found) => Ok(found),
        (_, Cow::Owned(value)) => owned(node, &value).map(Cow::Owned),
    }
}

/// Returns the first that `decides`, or else the last.
fn first<'v>(nodes: &'v [Node], value: &'v Value, decides: fn(&Value) -> bool) -> Found<'v> {
    let mut found = Cow::Owned(Value::Null);
    for node in nodes {
        found = evaluate(node, value)?;
        if decides(&found) {
            break;
        }
    }
    Ok(found)
}

fn element(value: &Value, position: i32) -> Option<&Value> {
    let Value::List(elements) = value else {
        return None;
    };
    match usize::try_from(position) {
        Ok(position) => elements.get(position),
        Err(_) => elements.iter().nth_back(usize::try_from(-1 - position).ok()?),
    }
}

/// Returns the elements that Python's `list[start:stop:step]` has.
fn take(value: &Value, slice: Slice) -> Value {
    let Value::List(elements) = value else {
        return Value::Null;
    };
    let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    let step = i64::from(slice.step);
    // Backwards, the positions are between the last element and the one before the first.
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |position: Option<i32>, default| match position.map(i64::from) {
        Some(position) if position < 0 => (position + length).clamp(lowest, highest),
        Some(position) => position.clamp(lowest, highest),
        None => default,
    };
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (mut position, stop) = (bound(slice.start, first), bound(slice.stop, last));
    let mut taken = Vec::new();
    while if step > 0 { position < stop } else { position > stop } {
        let element = usize::try_from(position).ok().and_then(|position| elements.get(position));
        taken.extend(element.cloned());
        position += step;
    }
    Value::List(taken)
}

fn members<'v>(value: &Value) -> Cow<'v, Value> {
    Cow::Owned(match value {
        Value::Object(members) => Value::list(members.iter().map(|(_, member)| member.clone())),
        _ => Value::Null,
    })
}

fn flatten(value: &Value) -> Value {
    let Value::List(elements) = value else {
        return Value::Null;
    };
    let mut flat = Vec::with_capacity(elements.len());
    for element in elements {
        match element {
            Value::List(inner) => flat.extend_from_slice(inner),
            other => flat.push(other.clone()),
        }
    }
    Value::List(flat)
}

fn project<'v>(base: Cow<'v, Value>, each: &'v Node) -> Found<'v> {
    if let (Cow::Owned(Value::List(elements)), Node::Current) = (&base, each)
        && !elements.contains(&Value::Null)
    {
        return Ok(base);
    }
    let Value::List(elements) = base.as_ref() else {
        return nothing();
    };
    let mut projected = Vec::new();
    for element in elements {
        match evaluate(each, element)?.into_owned() {
            Value::Null => {}
            found => projected.push(found),
        }
    }
    Ok(Cow::Owned(Value::List(projected)))
}

fn call<'v>(function: &'static Function, nodes: &'v [Node], value: &'v Value) -> Found<'v> {
    let mut values = Vec::with_capacity(nodes.len());
    for (position, node) in nodes.iter().enumerate() {
        values.push(match function.parameters.get(position) {
            Some(Parameter::Expression) => {
                Argument::Expression(Box::new(move |element| owned(node, element)))
            }
            _ => Argument::Value(evaluate(node, value)?),
        });
    }
    (function.call)(&Arguments { function: function.name, values }).map(Cow::Owned)
}
