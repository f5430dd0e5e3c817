package views

// Mails are the mails that became files; Mail is one of them, MailHTML its HTML on a page of its own.
const Mails = "/mails"

func Mail(file string) string     { return Mails + "/" + file }
func MailHTML(file string) string { return Mail(file) + "/html" }
