# What an administrator puts into the user's certificateUserIds. Of another certificate: file("robot.pem").
output "certificate_user_id" {
  value = provider::powerautomate::certificate_user_id(
    powerautomate_key_vault_certificate_reference.robot.certificate_pem, "PrincipalName"
  )
}
