//! The functions of JMESPath (<https://jmespath.org/specification.html#functions>): a port of
//! `jmespath/functions.py`.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::budget::{MEMBER, SLOT};
use super::comparison::{order, python_equals, type_name};
use super::error::QueryError;
use crate::cli::output::json;
use crate::cli::output::number::Number;

type FunctionResult = Result<Value, QueryError>;

/// The kind of an argument, which the parser checks. The function checks the type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Value,
    /// An expression reference: `&` and an expression.
    Expression,
}

pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) parameters: &'static [Parameter],
    /// The last parameter takes one or more arguments.
    pub(super) variadic: bool,
    pub(super) call: fn(&Arguments<'_>) -> FunctionResult,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }
}

const fn function(
    name: &'static str,
    parameters: &'static [Parameter],
    call: fn(&Arguments<'_>) -> FunctionResult,
) -> Function {
    Function { name, parameters, variadic: false, call }
}

const fn variadic(name: &'static str, call: fn(&Arguments<'_>) -> FunctionResult) -> Function {
    Function { name, parameters: &[Parameter::Value], variadic: true, call }
}

static FUNCTIONS: [Function; 26] = {
    use Parameter::{Expression, Value};
    [
        function("abs", &[Value], abs),
        function("avg", &[Value], avg),
        function("ceil", &[Value], |arguments| round(arguments, f64::ceil)),
        function("contains", &[Value, Value], contains),
        function("ends_with", &[Value, Value], |arguments| {
            let (text, end) = (arguments.string(0)?, arguments.string(1)?);
            Ok(text.ends_with(end).into())
        }),
        function("floor", &[Value], |arguments| round(arguments, f64::floor)),
        function("join", &[Value, Value], join),
        function("keys", &[Value], keys),
        function("length", &[Value], length),
        function("map", &[Expression, Value], map),
        function("max", &[Value], |arguments| extreme(arguments, Ordering::Greater)),
        function("max_by", &[Value, Expression], |arguments| {
            extreme_by(arguments, Ordering::Greater)
        }),
        variadic("merge", merge),
        function("min", &[Value], |arguments| extreme(arguments, Ordering::Less)),
        function("min_by", &[Value, Expression], |arguments| extreme_by(arguments, Ordering::Less)),
        variadic("not_null", not_null),
        function("reverse", &[Value], reverse),
        function("sort", &[Value], sort),
        function("sort_by", &[Value, Expression], sort_by),
        function("starts_with", &[Value, Value], |arguments| {
            let (text, start) = (arguments.string(0)?, arguments.string(1)?);
            Ok(text.starts_with(start).into())
        }),
        function("sum", &[Value], |arguments| Ok(sum(&arguments.numbers(0)?).into())),
        function("to_array", &[Value], to_array),
        function("to_number", &[Value], to_number),
        function("to_string", &[Value], to_string),
        function("type", &[Value], |arguments| Ok(type_name(arguments.value(0)).into())),
        function("values", &[Value], values),
    ]
};

fn abs(arguments: &Arguments<'_>) -> FunctionResult {
    Ok(match arguments.number(0)? {
        Number::Integer(integer) => Number::Integer(integer.saturating_abs()),
        Number::Float(float) => Number::Float(float.abs()),
    }
    .into())
}

fn avg(arguments: &Arguments<'_>) -> FunctionResult {
    let numbers = arguments.numbers(0)?;
    Ok(match numbers.len() {
        0 => Value::Null,
        length => Number::Float(sum(&numbers).to_float() / count(length).to_float()).into(),
    })
}

fn sum(numbers: &[Number]) -> Number {
    numbers.iter().fold(Number::Integer(0), |sum, number| sum.plus(*number))
}

fn round(arguments: &Arguments<'_>, to_whole: fn(f64) -> f64) -> FunctionResult {
    Ok(match arguments.number(0)? {
        integer @ Number::Integer(_) => integer,
        Number::Float(float) => Number::from_whole(to_whole(float)),
    }
    .into())
}

fn contains(arguments: &Arguments<'_>) -> FunctionResult {
    match arguments.value(0) {
        Value::Array(elements) => {
            let search = arguments.value(1);
            Ok(elements.iter().any(|element| python_equals(element, search)).into())
        }
        Value::String(text) => Ok(text.contains(arguments.string(1)?).into()),
        other => Err(arguments.mismatch("array or string", other)),
    }
}

fn length(arguments: &Arguments<'_>) -> FunctionResult {
    Ok(count(match arguments.value(0) {
        Value::String(text) => text.chars().count(),
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        other => return Err(arguments.mismatch("string, array or object", other)),
    })
    .into())
}

fn count(length: usize) -> Number {
    Number::Integer(i128::try_from(length).unwrap_or(i128::MAX))
}

fn join(arguments: &Arguments<'_>) -> FunctionResult {
    let (separator, texts) = (arguments.string(0)?, arguments.strings(1)?);
    let separators = separator.len().saturating_mul(texts.len().saturating_sub(1));
    let length = texts.iter().map(|text| text.len()).sum::<usize>().saturating_add(separators);
    arguments.budget.hold(length)?;
    Ok(texts.join(separator).into())
}

fn keys(arguments: &Arguments<'_>) -> FunctionResult {
    let members = arguments.object(0)?;
    arguments.budget.hold(members.keys().map(|name| SLOT + name.len()).sum())?;
    Ok(members.keys().map(String::as_str).collect())
}

fn values(arguments: &Arguments<'_>) -> FunctionResult {
    arguments.budget.copies(arguments.object(0)?.values())
}

fn merge(arguments: &Arguments<'_>) -> FunctionResult {
    let mut merged = Map::new();
    for argument in arguments.all() {
        for (name, value) in arguments.as_object(argument)? {
            arguments.budget.hold(MEMBER + name.len())?;
            merged.insert(name.clone(), arguments.budget.copy(value)?);
        }
    }
    Ok(Value::Object(merged))
}

fn not_null(arguments: &Arguments<'_>) -> FunctionResult {
    let found = arguments.all().find(|value| !matches!(value, Value::Null));
    found.map_or(Ok(Value::Null), |found| arguments.budget.copy(found))
}

fn reverse(arguments: &Arguments<'_>) -> FunctionResult {
    match arguments.value(0) {
        Value::Array(elements) => arguments.budget.copies(elements.iter().rev()),
        Value::String(text) => {
            arguments.budget.hold(text.len())?;
            Ok(text.chars().rev().collect::<String>().into())
        }
        other => Err(arguments.mismatch("array or string", other)),
    }
}

fn to_array(arguments: &Arguments<'_>) -> FunctionResult {
    match arguments.value(0) {
        list @ Value::Array(_) => arguments.budget.copy(list),
        other => arguments.budget.copies([other]),
    }
}

fn to_number(arguments: &Arguments<'_>) -> FunctionResult {
    Ok(match arguments.value(0) {
        Value::Number(number) => Number::of(number).into(),
        Value::String(text) => Number::parse(text).map_or(Value::Null, Value::from),
        _ => Value::Null,
    })
}

fn to_string(arguments: &Arguments<'_>) -> FunctionResult {
    match arguments.value(0) {
        text @ Value::String(_) => arguments.budget.copy(text),
        other => {
            arguments.budget.hold(json::max_compact_len(other))?;
            Ok(json::compact(other).into())
        }
    }
}

fn map(arguments: &Arguments<'_>) -> FunctionResult {
    let elements = arguments.array(1)?.iter();
    let mapped = elements.map(|element| {
        arguments.budget.hold(SLOT)?;
        arguments.apply(0, element)
    });
    mapped.collect::<Result<_, _>>().map(Value::Array)
}

fn sort(arguments: &Arguments<'_>) -> FunctionResult {
    let mut elements: Vec<_> = arguments.sortable(0)?.iter().collect();
    elements.sort_by(|left, right| order_of_sortable(left, right));
    arguments.budget.copies(elements)
}

fn extreme(arguments: &Arguments<'_>, wanted: Ordering) -> FunctionResult {
    let elements = arguments.sortable(0)?.iter();
    let first =
        elements.reduce(
            |best, element| {
                if order_of_sortable(element, best) == wanted { element } else { best }
            },
        );
    first.map_or(Ok(Value::Null), |first| arguments.budget.copy(first))
}

/// Returns the order of two numbers or two strings.
fn order_of_sortable(left: &Value, right: &Value) -> Ordering {
    order(left, right).ok().flatten().unwrap_or(Ordering::Equal)
}

fn sort_by(arguments: &Arguments<'_>) -> FunctionResult {
    let mut elements = keyed(arguments)?;
    let mismatch = elements.windows(2).find_map(|pair| match pair {
        [(_, left), (_, right)] if type_name(left) != type_name(right) => {
            Some(arguments.mismatch(type_name(left), right))
        }
        _ => None,
    });
    if let Some(mismatch) = mismatch {
        return Err(mismatch);
    }
    elements.sort_by(|(_, left), (_, right)| order_of_sortable(left, right));
    arguments.budget.copies(elements.iter().map(|(element, _)| *element))
}

fn extreme_by(arguments: &Arguments<'_>, wanted: Ordering) -> FunctionResult {
    let mut elements = keyed(arguments)?.into_iter();
    let Some((mut best, mut best_key)) = elements.next() else {
        return Ok(Value::Null);
    };
    for (element, key) in elements {
        if order(&key, &best_key)? == Some(wanted) {
            (best, best_key) = (element, key);
        }
    }
    arguments.budget.copy(best)
}

/// Returns the elements of the first argument with the result of the second argument for each.
fn keyed<'a>(arguments: &'a Arguments<'_>) -> Result<Vec<(&'a Value, Value)>, QueryError> {
    let key = |element| match arguments.budget.hold(SLOT).and(arguments.apply(1, element))? {
        key @ (Value::Number(_) | Value::String(_)) => Ok((element, key)),
        other => Err(arguments.mismatch("number or string", &other)),
    };
    arguments.array(0)?.iter().map(key).collect()
}
