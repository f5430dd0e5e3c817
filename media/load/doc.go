// Package load is a crowd: people who enter rooms by the same addresses as a browser and hold media connections as
// docs/protocol.md says, made so cheap that one machine can ask another one how much it carries. It knows the protocol
// and nothing of the server's inside.
//
// A Field holds everybody. A Guest is one person, who has a cookie and a ticket; a Guest opens a Viewer (a receive
// connection) or a Publisher (a send connection) or both. Crowd puts these together as a Plan says and Report tells how
// it went. There is no peer connection in here: a link is one connected UDP socket, ICE reduced to the check that
// nominates, DTLS and SRTP, and every socket of a field is read by one goroutine.
//
// A full viewer does what a browser does with a packet short of decoding it: decrypt, find gaps, ask again, report,
// date. A light one looks at the twelve bytes in the clear and sends receiver reports.
//
// The server shares the machine with its load in most runs. On the loopback device the sender also pays for handing a
// packet to the receiver's socket; what is measured here is therefore an upper bound.
package load
