//! What every answer has in common: a place for diagnostics.

use crate::diagnostic::Diagnostic;
use crate::plain::plain;
use crate::wire::tfplugin5 as pb;

/// An answer that can carry an error.
pub(super) trait Answer {
    /// An answer that holds nothing but the error.
    fn failing(diagnostic: &Diagnostic) -> Self;
    /// What the answer tells the user.
    fn diagnostics(&self) -> &[pb::Diagnostic];
}

macro_rules! answers {
    ($($message:ident),* $(,)?) => {$(
        impl Answer for pb::$message::Response {
            fn failing(diagnostic: &Diagnostic) -> Self {
                let mut answer = Self::default();
                answer.diagnostics.push(diagnostic.to_wire());
                answer
            }
            fn diagnostics(&self) -> &[pb::Diagnostic] {
                &self.diagnostics
            }
        }
    )*};
}

answers!(
    get_metadata,
    get_provider_schema,
    prepare_provider_config,
    validate_resource_type_config,
    validate_data_source_config,
    upgrade_resource_state,
    get_resource_identity_schemas,
    upgrade_resource_identity,
    configure,
    read_resource,
    plan_resource_change,
    apply_resource_change,
    import_resource_state,
    move_resource_state,
    read_data_source,
    generate_resource_config,
    validate_ephemeral_resource_config,
    open_ephemeral_resource,
    renew_ephemeral_resource,
    close_ephemeral_resource,
    validate_list_resource_config,
    get_functions,
    plan_action,
    validate_action_config,
);

impl Answer for pb::call_function::Response {
    fn failing(diagnostic: &Diagnostic) -> Self {
        let text = plain(&format!("{}: {}", diagnostic.summary, diagnostic.detail));
        Self { error: Some(pb::FunctionError { text, function_argument: None }), result: None }
    }
    fn diagnostics(&self) -> &[pb::Diagnostic] {
        &[]
    }
}

impl Answer for pb::stop::Response {
    fn failing(diagnostic: &Diagnostic) -> Self {
        Self { error: diagnostic.summary.clone() }
    }
    fn diagnostics(&self) -> &[pb::Diagnostic] {
        &[]
    }
}

impl Answer for pb::list_resource::Event {
    fn failing(diagnostic: &Diagnostic) -> Self {
        Self { diagnostic: vec![diagnostic.to_wire()], ..Self::default() }
    }
    fn diagnostics(&self) -> &[pb::Diagnostic] {
        &self.diagnostic
    }
}

impl Answer for pb::invoke_action::event::Completed {
    fn failing(diagnostic: &Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic.to_wire()] }
    }
    fn diagnostics(&self) -> &[pb::Diagnostic] {
        &self.diagnostics
    }
}
