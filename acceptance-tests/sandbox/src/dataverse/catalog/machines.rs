//! Machines and their groups: read here, and made elsewhere.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/flowmachinegroup>

use super::{OWNED, STATEFUL, SYSTEM};
use crate::dataverse::tables::{Column, Fallback, Ownership, Required, Table};

/// A group of machines.
pub(super) const GROUP: Table = Table {
    logical: "flowmachinegroup",
    schema: "flowmachinegroup",
    set: "flowmachinegroups",
    label: "Flow Machine Group",
    privileges: "flowmachinegroup",
    id: "flowmachinegroupid",
    name: "name",
    ownership: Ownership::User,
    writable: false,
    columns: &[
        &[
            Column::id("flowmachinegroupid"),
            Column::text("name", 100).required(Required::Application),
            Column::memo("description", 2000),
            Column::choice(
                "flowgrouptype",
                &[(545_940_000, "Keyless"), (545_940_001, "Standard"), (545_940_002, "Default")],
            )
            .default(Fallback::Number(545_940_001)),
            Column::choice("managementtype", &[(0, "Customer"), (1, "Managed")]).default(Fallback::Number(0)),
            Column::choice(
                "provisioningstate",
                &[(0, "Created"), (1, "Provisioning"), (2, "Provisioned"), (3, "Error")],
            )
            .default(Fallback::Number(2)),
            Column::memo("provisioningerror", 2000),
            Column::choice("domainsetting", &[(0, "None"), (1, "AadJoined")]).default(Fallback::Number(0)),
            Column::integer("maxmanagedmachinecount"),
            Column::flag("trytoreusewindowssession", false),
        ],
        STATEFUL,
        OWNED,
        SYSTEM,
    ],
    collections: &[],
    object_type_code: 10_170,
};

/// A machine of a group.
pub(super) const MACHINE: Table = Table {
    logical: "flowmachine",
    schema: "flowmachine",
    set: "flowmachines",
    label: "Flow Machine",
    privileges: "flowmachine",
    id: "flowmachineid",
    name: "name",
    ownership: Ownership::User,
    writable: false,
    columns: &[
        &[
            Column::id("flowmachineid"),
            Column::text("name", 100).required(Required::Application),
            Column::memo("description", 2000),
            Column::lookup("flowmachinegroupid", &["flowmachinegroup"]).required(Required::System),
            Column::text("agentversion", 100),
            Column::choice("hostingtype", &[(0, "Customer"), (1, "Hosted"), (2, "CloudPc")])
                .default(Fallback::Number(0)),
            Column::integer("hostedmachinestate"),
            Column::date_time("lastheartbeatdate"),
            Column::choice("keydeliverystatus", &[(1, "Default"), (2, "PendingNewKey"), (3, "KeyExpired")])
                .default(Fallback::Number(1)),
            Column::memo("connectivityconfiguration", 100_000),
            Column::integer("sessioncapacity"),
        ],
        STATEFUL,
        OWNED,
        SYSTEM,
    ],
    collections: &[],
    object_type_code: 10_169,
};
