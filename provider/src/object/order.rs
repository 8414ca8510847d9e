//! The order in which Terraform removes: that of the references between resources.

/// What to do where an object is to be removed while another one, which is removed too, still names it: `attribute` names it, and
/// `resource` is its type.
pub(crate) fn no_order(attribute: &str, resource: &str) -> String {
    format!(
        "Where both are removed at once, a literal id gives Terraform no order. Write a reference instead:\n\n  \
         {attribute} = {resource}.NAME.id\n\n\
         Or, of many robots, let all go at the same time:\n\n  \
         terraform destroy -parallelism=200"
    )
}

/// Of so many that stand in the way, those beside the one that is named.
pub(crate) fn and_more(all: usize) -> String {
    if all > 1 { format!(" and {} more", all - 1) } else { String::new() }
}
