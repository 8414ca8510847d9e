//! Credentials, which point at the variables that hold user name, password or certificate.
//!
//! <https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/credential>

use super::{COMPONENT, OWNED, STATEFUL, SYSTEM, VARIABLE};
use crate::dataverse::tables::{Collection, Column, Fallback, Kind, Ownership, Required, Table};

/// A credential.
pub(super) const CREDENTIAL: Table = Table {
    logical: "credential",
    schema: "credential",
    set: "credentials",
    label: "Credential",
    privileges: "credential",
    id: "credentialid",
    name: "name",
    ownership: Ownership::User,
    writable: true,
    columns: &[
        &[
            Column::id("credentialid"),
            Column::text("name", 100).required(Required::Application),
            Column::memo("description", 100_000),
            Column::choice("credentialtype", &[(1, "SingleCredential"), (2, "ListOfCredentials")])
                .required(Required::Application),
            Column::choice(
                "connectiontype",
                &[
                    (1, "UsernamePassword"),
                    (2, "UsernamePasswordList"),
                    (3, "UsernamePasswordListWithGroupMapping"),
                    (4, "CyberArkIdentity"),
                    (5, "CertificateBasedAuthentication"),
                    (6, "MachineMapping"),
                    (7, "ConnectionReference"),
                ],
            )
            .required(Required::Application),
            Column::of_kind(
                "usagetype",
                Kind::Choices(&[
                    (280_920_000, "Connection"),
                    (280_920_001, "DesktopScript"),
                    (280_920_002, "Network"),
                    (280_920_003, "Cua"),
                ]),
            )
            .required(Required::Application)
            .default(Fallback::Text("280920000")),
            Column::lookup("username", VARIABLE),
            Column::lookup("password", VARIABLE),
            Column::lookup("certificate", VARIABLE),
            Column::lookup("cyberarksafe", VARIABLE),
            Column::lookup("cyberarkobject", VARIABLE),
            Column::lookup("cyberarkusername", VARIABLE),
            Column::text("cyberarkapplicationid", 100),
            Column::lookup("defaultcredential", &["credential"]),
            Column::lookup("connectionreference", &["connectionreference"]),
            Column::memo("logincontext", 100_000),
            Column::memo("credentials", 100_000),
            Column::memo("groupmapping", 100_000),
        ],
        STATEFUL,
        OWNED,
        COMPONENT,
        SYSTEM,
    ],
    collections: &[Collection {
        nav: "credential_credential_defaultcredential",
        table: "credential",
        column: "defaultcredential",
    }],
    object_type_code: 10_196,
};
