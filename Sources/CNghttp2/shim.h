#pragma once
#include <stddef.h>
#include <nghttp2/nghttp2.h>

/// Has a stream's body take turns with those of all others, whatever the client says of priorities. Libraries that have no name for RFC 9218 do so already.
static inline void cnghttp2_take_turns(nghttp2_session *session, int32_t stream) {
#ifdef NGHTTP2_EXTPRI_DEFAULT_URGENCY
    const nghttp2_extpri priority = {NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};
    nghttp2_session_change_extpri_stream_priority(session, stream, &priority, 1);
#endif
}
