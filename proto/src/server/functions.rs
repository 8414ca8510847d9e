//! The call of a function.

use super::Server;
use crate::diagnostic::Diagnostic;
use crate::envelope::{decode, encode};
use crate::function::Fault;
use crate::provider::Provider;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

impl<P: Provider> Server<P> {
    pub(super) fn call(&self, request: &pb::call_function::Request) -> Result<pb::call_function::Response, Diagnostic> {
        let function = self.provider.functions().iter().find(|function| function.name == request.name);
        let function = function.ok_or_else(|| self.no_such("function", &request.name))?;
        let fault = |fault: Fault| pb::call_function::Response { result: None, error: Some(fault.to_wire()) };
        if request.arguments.len() < function.parameters.len() {
            let (wanted, given) = (function.parameters.len(), request.arguments.len());
            return Ok(fault(Fault { argument: None, text: format!("It takes {wanted} arguments, and got {given}.") }));
        }
        let mut arguments = Vec::new();
        let mut unknown = false;
        for (place, argument) in request.arguments.iter().enumerate() {
            let Some(parameter) = function.parameter(place) else {
                return Ok(fault(Fault::argument(place, "There are too many arguments.")));
            };
            let argument = match decode(Some(argument), parameter.ty) {
                Ok(argument) => argument,
                Err(error) => return Ok(fault(Fault::argument(place, error.detail))),
            };
            if argument.is_null() && !parameter.null {
                return Ok(fault(Fault::argument(place, format!("{} must not be null.", parameter.name))));
            }
            unknown |= !argument.is_wholly_known() && !parameter.unknown;
            arguments.push(argument);
        }
        let called = if unknown { Ok(Value::UNKNOWN) } else { (function.call)(&arguments) };
        match called {
            Ok(result) => Ok(pb::call_function::Response { result: encode(&result, function.returns)?, error: None }),
            Err(error) => Ok(fault(error)),
        }
    }
}
