//! The chain of one robot that the scenarios declare, in its variants.

/// What differs between two declarations of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it is made first.
    First,
    /// Everything that can be changed in place is.
    Changed,
    /// What cannot be changed in place is.
    Replaced,
}

/// A declaration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    /// Which of them.
    pub(super) shape: Shape,
    /// Whether a service principal owns the runs; it comes or goes when the chain is replaced, which alone replaces a connection.
    pub(super) has_run_owner: bool,
    /// Whether the user name is somebody else's variable.
    pub(super) is_shared: bool,
    /// Whether a replacement is made before the old one is gone.
    pub(super) creates_first: bool,
}

impl Chain {
    /// Its text.
    pub(super) fn text(self) -> String {
        let is = |shape| self.shape == shape;
        let or = |shape, other: &'static str, one: &'static str| if is(shape) { other } else { one };
        let schema_name = or(Shape::Replaced, "cto_robot_2_certificate", "cto_robot_certificate");
        let certificate = or(Shape::Changed, "robot-01", "robot");
        let described = or(Shape::Changed, "description = \"Changed\"", "");
        let name = or(Shape::Changed, "Robot 1", "Robot");
        let username = match (self.is_shared, is(Shape::Changed)) {
            (true, _) => "username_variable_id = var.username_variable_id",
            (_, true) => "username = \"robot-01@contoso.com\"",
            (_, false) => "username = \"robot@contoso.com\"",
        };
        let display_name = match self.shape {
            Shape::First => "Robot",
            Shape::Changed => "Robot on Warehouse",
            Shape::Replaced => "Robot again",
        };
        let group = or(Shape::Changed, "var.other_machine_group_id", "var.machine_group_id");
        let version = or(Shape::Changed, "2", "1");
        let run_owner = if self.has_run_owner != is(Shape::Replaced) {
            format!(
                "run_owner {{\n    client_id = var.client_id\n    certificate_pfx_wo = var.pfx\n    \
                 certificate_pfx_wo_version = \"{version}\"\n    certificate_password_wo = var.password\n  }}"
            )
        } else {
            String::new()
        };
        let lifecycle = if self.creates_first { "lifecycle { create_before_destroy = true }" } else { "" };
        format!(
            r#"
resource "powerautomate_key_vault_certificate_reference" "robot" {{
  schema_name      = "{schema_name}"
  key_vault_id     = var.key_vault_id
  certificate_name = "{certificate}"
  {described}
  {lifecycle}
}}

resource "powerautomate_cba_credential" "robot" {{
  name                     = "{name}"
  certificate_reference_id = powerautomate_key_vault_certificate_reference.robot.id
  {username}
  {described}
  {lifecycle}
}}

resource "powerautomate_desktop_flow_connection" "robot" {{
  display_name     = "{display_name}"
  credential_id    = powerautomate_cba_credential.robot.id
  machine_group_id = {group}
  {run_owner}
  {lifecycle}
}}
"#
        )
    }
}
