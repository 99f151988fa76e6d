variable "untilread_url" {
  description = "Where Untilread takes events of this source: its public URL, /sources/ and the name of the source."
  type        = string

  validation {
    condition     = can(regex("^https://[^/?#]+(/[^?#]*)?/sources/[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", var.untilread_url))
    error_message = "untilread_url must be an https URL that ends in /sources/<name>, such as https://messages.example.com/sources/webchat."
  }
}

variable "webhook_token" {
  description = "The webhookToken of the source in Untilread's configuration."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[!-~]{16,200}$", var.webhook_token))
    error_message = "webhook_token must be 16 to 200 printable characters without spaces, such as the output of: openssl rand -hex 24."
  }
}

variable "watch_undelivered" {
  description = "Tell Untilread of messages that could not be delivered, while the conversation is still open."
  type        = bool
  default     = true
}

variable "watch_customer_end" {
  description = "Tell Untilread when the customer's session in a web messaging conversation ends."
  type        = bool
  default     = true
}

variable "customer_end_delay_seconds" {
  description = "How long Genesys Cloud waits before it tells of an end, from 60 to 900. Untilread waits by itself (delaySeconds), counted from the end too, so null (at once) is right for nearly everybody."
  type        = number
  default     = null

  validation {
    condition = var.customer_end_delay_seconds == null ? true : (
      var.customer_end_delay_seconds >= 60 &&
      var.customer_end_delay_seconds <= 900 &&
      floor(var.customer_end_delay_seconds) == var.customer_end_delay_seconds
    )
    error_message = "customer_end_delay_seconds must be null or a whole number from 60 to 900."
  }
}

variable "name_prefix" {
  description = "What the names of everything that is made here begin with."
  type        = string
  default     = "Untilread"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9 _-]{0,63}$", var.name_prefix))
    error_message = "name_prefix must be 1 to 64 letters, digits, spaces, _ or -, and begin with a letter or digit."
  }
}

variable "division" {
  description = "The division that the workflows belong to."
  type        = string
  default     = "Home"
}
