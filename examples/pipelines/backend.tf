# The state, in Azure Storage, by the same sign-in as the provider's: no key of the account. Who applies has the role Storage Blob Data
# Contributor on the container, and who plans pull requests Storage Blob Data Reader, which is enough once there is a state:
#
#   az role assignment create --assignee CLIENT_ID --role "Storage Blob Data Contributor" \
#     --scope "$(az storage account show --name ACCOUNT --query id --output tsv)/blobServices/default/containers/tfstate"
terraform {
  required_version = ">= 1.11.2" # the first whose backend signs in as a service connection of Azure DevOps

  backend "azurerm" {
    # The account is said where the pipeline runs `terraform init -backend-config=storage_account_name=…`.
    container_name   = "tfstate"
    key              = "robots.tfstate"
    use_azuread_auth = true
    use_oidc         = true
  }
}
