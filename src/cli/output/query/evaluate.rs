//! The evaluation of an expression: a port of `jmespath/visitor.py` that avoids copies.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::arguments::{Argument, Arguments};
use super::budget::{Budget, MEMBER, SLOT, size};
use super::comparison::{equals, is_false, is_ordered};
use super::error::QueryError;
use super::functions::{Function, Parameter};
use super::node::{Node, Slice};

type Evaluated<'v> = Result<Cow<'v, Value>, QueryError>;

/// Applies `node` to `value`.
fn evaluate<'v>(node: &'v Node, value: &'v Value, budget: &'v Budget) -> Evaluated<'v> {
    budget.work(0)?;
    match node {
        Node::Current => Ok(Cow::Borrowed(value)),
        Node::Field(name) => Ok(borrowed(value.get(name))),
        Node::Index(position) => Ok(borrowed(element(value, *position))),
        Node::Slice(bounds) => slice(value, *bounds, budget).map(Cow::Owned),
        Node::Literal(literal) => Ok(Cow::Borrowed(literal)),
        Node::Chain(links) => chain(links, value, budget),
        Node::Members(base) => derive(base, value, budget, members),
        Node::Flatten(base) => derive(base, value, budget, flatten),
        Node::Projection(base, each) => {
            let (base, size) = budget.measured(|| evaluate(base, value, budget))?;
            project(base, size, each, budget)
        }
        Node::Condition(predicate, then) => {
            if is_false_for(predicate, value, budget)? {
                null()
            } else {
                evaluate(then, value, budget)
            }
        }
        Node::List(_) | Node::Object(_) if matches!(value, Value::Null) => null(),
        Node::List(nodes) => {
            budget.hold(SLOT)?;
            let mut elements = Vec::with_capacity(nodes.len());
            for node in nodes {
                budget.hold(SLOT)?;
                elements.push(owned(node, value, budget)?);
            }
            Ok(Cow::Owned(Value::Array(elements)))
        }
        Node::Object(nodes) => {
            budget.hold(SLOT)?;
            let mut members = Map::with_capacity(nodes.len());
            for (name, node) in nodes {
                budget.hold(MEMBER + name.len())?;
                members.insert(name.clone(), owned(node, value, budget)?);
            }
            Ok(Cow::Owned(Value::Object(members)))
        }
        Node::Not(node) => Ok(Cow::Owned(is_false_for(node, value, budget)?.into())),
        Node::And(nodes) => first(nodes, value, budget, is_false),
        Node::Or(nodes) => first(nodes, value, budget, |found| !is_false(found)),
        Node::Equality(sides, wanted) => compare(sides, value, budget, |left, right| {
            budget.work(size(left))?;
            Ok((equals(left, right) == *wanted).into())
        }),
        Node::Order(sides, fits) => {
            compare(sides, value, budget, |left, right| Ok(is_ordered(left, right, *fits)?.into()))
        }
        Node::Call(function, arguments) => call(function, arguments, value, budget),
    }
}

/// Applies `node` to `value` and returns an owned result.
pub(super) fn owned<'v>(
    node: &'v Node,
    value: &'v Value,
    budget: &'v Budget,
) -> Result<Value, QueryError> {
    match evaluate(node, value, budget)? {
        Cow::Borrowed(value) => budget.copy(value),
        Cow::Owned(value) => Ok(value),
    }
}

fn null<'v>() -> Evaluated<'v> {
    Ok(Cow::Owned(Value::Null))
}

fn borrowed(found: Option<&Value>) -> Cow<'_, Value> {
    found.map_or(Cow::Owned(Value::Null), Cow::Borrowed)
}

/// Applies each link to the result of the previous one.
fn chain<'v>(links: &'v [Node], value: &'v Value, budget: &'v Budget) -> Evaluated<'v> {
    let (mut found, mut size) = (Cow::Borrowed(value), 0);
    for link in links.iter().filter(|link| !matches!(link, Node::Current)) {
        let (next, next_size) = budget.measured(|| match &found {
            Cow::Borrowed(value) => evaluate(link, value, budget),
            Cow::Owned(value) => owned(link, value, budget).map(Cow::Owned),
        })?;
        found = next;
        budget.release(size);
        size = next_size;
    }
    Ok(found)
}

/// Applies `make` to the result of `base` and frees that result.
fn derive<'v>(
    base: &'v Node,
    value: &'v Value,
    budget: &'v Budget,
    make: fn(&Value, &Budget) -> Result<Value, QueryError>,
) -> Evaluated<'v> {
    let (base, size) = budget.measured(|| evaluate(base, value, budget))?;
    let made = make(&base, budget)?;
    budget.release(size);
    Ok(Cow::Owned(made))
}

fn is_false_for(node: &Node, value: &Value, budget: &Budget) -> Result<bool, QueryError> {
    budget.temporarily(|| Ok(is_false(&*evaluate(node, value, budget)?)))
}

fn compare<'v>(
    sides: &'v [Node; 2],
    value: &'v Value,
    budget: &'v Budget,
    comparison: impl FnOnce(&Value, &Value) -> Result<Value, QueryError>,
) -> Evaluated<'v> {
    let [left, right] = sides;
    let result = budget.temporarily(|| {
        let (left, right) = (evaluate(left, value, budget)?, evaluate(right, value, budget)?);
        comparison(&left, &right)
    });
    result.map(Cow::Owned)
}

/// Returns the first result that `decides`, or else the last one.
fn first<'v>(
    nodes: &'v [Node],
    value: &'v Value,
    budget: &'v Budget,
    decides: fn(&Value) -> bool,
) -> Evaluated<'v> {
    let (mut found, mut size) = (Cow::Owned(Value::Null), 0);
    for node in nodes {
        let (next, next_size) = budget.measured(|| evaluate(node, value, budget))?;
        found = next;
        budget.release(size);
        size = next_size;
        if decides(&found) {
            break;
        }
    }
    Ok(found)
}

fn element(value: &Value, position: i32) -> Option<&Value> {
    let Value::Array(elements) = value else {
        return None;
    };
    match usize::try_from(position) {
        Ok(position) => elements.get(position),
        Err(_) => elements.iter().nth_back(usize::try_from(-1 - position).ok()?),
    }
}

/// Returns the elements of Python's `list[start:stop:step]`.
fn slice(value: &Value, bounds: Slice, budget: &Budget) -> Result<Value, QueryError> {
    let Value::Array(elements) = value else {
        return Ok(Value::Null);
    };
    let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    let step = i64::from(bounds.step);
    // Backward positions go from the last element to the one before the first.
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |position: Option<i32>, default| match position.map(i64::from) {
        Some(position) if position < 0 => (position + length).clamp(lowest, highest),
        Some(position) => position.clamp(lowest, highest),
        None => default,
    };
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (mut position, stop) = (bound(bounds.start, first), bound(bounds.stop, last));
    let mut taken = Vec::new();
    while if step > 0 { position < stop } else { position > stop } {
        let element = usize::try_from(position).ok().and_then(|position| elements.get(position));
        taken.extend(element);
        position += step;
    }
    budget.copies(taken)
}

fn members(value: &Value, budget: &Budget) -> Result<Value, QueryError> {
    match value {
        Value::Object(members) => budget.copies(members.values()),
        _ => Ok(Value::Null),
    }
}

fn flatten(value: &Value, budget: &Budget) -> Result<Value, QueryError> {
    let Value::Array(elements) = value else {
        return Ok(Value::Null);
    };
    budget.copies(elements.iter().flat_map(|element| match element {
        Value::Array(inner) => &inner[..],
        other => std::slice::from_ref(other),
    }))
}

/// Applies `each` to the elements of `base`, which holds `size` bytes, and drops nulls.
fn project<'v>(
    base: Cow<'v, Value>,
    size: usize,
    each: &'v Node,
    budget: &'v Budget,
) -> Evaluated<'v> {
    if let (Cow::Owned(Value::Array(elements)), Node::Current) = (&base, each)
        && !elements.contains(&Value::Null)
    {
        return Ok(base);
    }
    let Value::Array(elements) = base.as_ref() else {
        budget.release(size);
        return null();
    };
    let mut projected = Vec::new();
    budget.hold(SLOT)?;
    for element in elements {
        let before = budget.held();
        match owned(each, element, budget)? {
            Value::Null => budget.release_to(before),
            found => {
                budget.hold(SLOT)?;
                projected.push(found);
            }
        }
    }
    budget.release(size);
    Ok(Cow::Owned(Value::Array(projected)))
}

fn call<'v>(
    function: &'static Function,
    nodes: &'v [Node],
    value: &'v Value,
    budget: &'v Budget,
) -> Evaluated<'v> {
    let before = budget.held();
    let mut values = Vec::with_capacity(nodes.len());
    for (position, node) in nodes.iter().enumerate() {
        values.push(match function.parameters.get(position) {
            Some(Parameter::Expression) => {
                Argument::Expression(Box::new(move |element| owned(node, element, budget)))
            }
            _ => {
                let argument = evaluate(node, value, budget)?;
                budget.work(size(&argument))?;
                Argument::Value(argument)
            }
        });
    }
    let result = (function.call)(&Arguments { function: function.name, values, budget })?;
    // The call has freed the arguments.
    budget.release_to(before);
    budget.hold(size(&result))?;
    Ok(Cow::Owned(result))
}
