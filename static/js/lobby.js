// The door: says why a browser will not give camera and microphone, before anybody is disappointed inside.
document.cookie = `tz=${encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)};path=/;max-age=31536000;samesite=lax`

const note = document.getElementById('insecure')
if (note && !window.isSecureContext) note.hidden = false
