package media

// answer describes our end of a receive connection: fifteen streams that last as long as it does.
func (v *receiver) answer(j *joining) string {
	b := j.answer(v.lite)
	for i, o := range v.outlets {
		j.describe(b, i, "sendonly", "")
		o.describe(b)
	}
	return b.String()
}

// describe is what a slot's line says of the stream in it.
func (o *outlet) describe(b *sheet) {
	pt, ssrc, again := decimal(o.pt), decimal(o.ssrc), decimal(o.rtxSSRC)
	if o.video() {
		b.put("a=rtcp-fb:", pt, " nack\r\na=rtcp-fb:", pt, " nack pli\r\na=rtcp-fb:", pt, " ccm fir\r\na=rtcp-fb:", pt, " goog-remb\r\n")
	}
	b.put("a=msid:", o.stream(), " ", o.track(), "\r\n")
	if o.rtxPT != 0 {
		b.put("a=ssrc-group:FID ", ssrc, " ", again, "\r\n")
	}
	b.put("a=ssrc:", ssrc, " cname:foyer\r\n") // Chromium takes the first one for the stream itself, whatever the group says
	if o.rtxPT != 0 {
		b.put("a=ssrc:", again, " cname:foyer\r\n")
	}
}
