terraform {
  required_version = ">= 1.3"

  required_providers {
    genesyscloud = {
      source  = "mypurecloud/genesyscloud"
      version = ">= 1.70.0"
    }
  }
}

# The provider takes its login from the environment:
# GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION (such as eu-west-1).
provider "genesyscloud" {}
