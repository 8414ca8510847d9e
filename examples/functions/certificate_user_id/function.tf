# What an administrator puts into the user's certificateUserIds.
output "certificate_user_id" {
  value = provider::powerautomate::certificate_user_id(file("robot.pem"), "IssuerAndSerialNumber")
}
