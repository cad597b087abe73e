#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

/// What OpenSSL offers as macros only: TLS 1.3 alone, one read per record, idle sessions without buffers, writes that may be retried
/// from elsewhere, and a FIN without close_notify as a plain end.
static inline void load_prepare(SSL_CTX *context) {
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/// The name the client asks for (SNI).
static inline int load_set_server_name(SSL *session, const char *name) { return (int)SSL_set_tlsext_host_name(session, name); }
