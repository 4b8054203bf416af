// Where strata is one file (STRATA_STATIC): what the archives that it is linked from lack.
//
// libpq.a wants Kerberos (GSSAPI, RFC 2744) and LDAP, which Debian has no archives of. Such a strata can do neither, and
// says so: libpq asks for credentials, finds none, and goes on without; a server that insists is answered by the text below.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct {
  size_t length;
  void* value;
} buffer;

static const uint32_t failure = 13U << 16;  // GSS_S_FAILURE

void* GSS_C_NT_HOSTBASED_SERVICE = NULL;

uint32_t gss_acquire_cred(uint32_t* minor) {
  *minor = 0;
  return failure;
}

uint32_t gss_import_name(uint32_t* minor) {
  *minor = 0;
  return failure;
}

uint32_t gss_display_status(uint32_t* minor, uint32_t status, int type, void* mechanism, uint32_t* context,
                            buffer* text) {
  static char said[] = "this strata is one file without libraries, and has no Kerberos (GSSAPI)";
  (void)status, (void)type, (void)mechanism;
  *minor = *context = 0;
  text->length = sizeof said - 1;
  text->value = said;
  return 0;
}

uint32_t gss_release_buffer(uint32_t* minor, buffer* text) {
  *minor = 0;
  text->length = 0;
  text->value = NULL;
  return 0;
}

void* ldap_init(const char* host, int port) {
  (void)host, (void)port;
  return NULL;
}

// Asked for only with what those above have given, which is nothing.
#define NEVER(name) \
  _Noreturn void name(void) { abort(); }
NEVER(gss_delete_sec_context)
NEVER(gss_init_sec_context)
NEVER(gss_release_cred)
NEVER(gss_release_name)
NEVER(gss_unwrap)
NEVER(gss_wrap)
NEVER(gss_wrap_size_limit)
NEVER(ldap_count_entries)
NEVER(ldap_err2string)
NEVER(ldap_first_entry)
NEVER(ldap_get_values_len)
NEVER(ldap_msgfree)
NEVER(ldap_result)
NEVER(ldap_search_st)
NEVER(ldap_set_option)
NEVER(ldap_simple_bind)
NEVER(ldap_unbind)
NEVER(ldap_value_free_len)

// glibc's archive would load modules for names from whatever image this is, of whatever glibc. It has these two itself.
int __nss_configure_lookup(const char* database, const char* services);

__attribute__((constructor)) static void use_own_names(void) {
  __nss_configure_lookup("hosts", "files dns");
  __nss_configure_lookup("passwd", "files");
}
