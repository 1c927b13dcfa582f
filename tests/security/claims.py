"""What proves each claim of SECURITY.md: test modules, or single tests in them."""

CLAIMS = {
    "S1": ["security/test_role_table.py::test_a_method_is_for_the_roles_of_its_row_and_no_other"],
    "S2": [
        "security/test_role_table.py::test_no_role_reaches_into_another_corp",
        "security/test_role_table.py::test_a_request_names_one_corp_and_nothing_in_it_another",
        "services/service_kit/test_interceptor.py::test_every_message_of_a_stream_is_checked",
    ],
    "S3": ["security/test_role_table.py::test_without_a_known_token_there_is_nothing"],
    "S4": [
        "services/rule_service/test_roles.py::test_a_role_gets_through_where_it_should_and_nowhere_else",
        "services/blacklist_service/test_blacklist_servicer.py::test_roles_decide_who_may",
    ],
    "S5": [
        "services/rule_service/test_process.py::test_a_server_does_not_listen_beyond_loopback_without_tokens",
        "security/test_tls.py::test_a_certificate_asked_of_clients_does_not_stand_in_for_tokens",
    ],
    "S6": ["services/service_kit/test_auth.py::test_tokens_are_compared_in_constant_time_each_of_them"],
    "S7": ["services/service_kit/test_signed_tokens.py"],
    "S8": [
        "services/service_kit/test_bearer.py",
        "services/service_kit/test_call_limits.py::test_an_open_stream_ends_with_its_token",
    ],
    "S9": [
        "services/service_kit/test_watched.py",
        "security/test_exchange.py::test_every_token_is_exchanged_under_load",
        "security/test_tls.py::test_a_certificate_is_exchanged_without_a_call_that_fails",
    ],
    "S10": [
        "security/test_tls.py::test_who_shows_a_certificate_of_the_authority_is_let_in",
        "security/test_tls.py::test_all_three_services_speak_tls_to_each_other_and_to_every_client",
        "security/test_tls.py::test_the_health_port_speaks_plaintext_and_tells_nothing_else",
        "e2e/test_metrics.py::test_no_metric_names_a_corp_a_group_or_a_person",
    ],
    "S11": ["services/service_kit/test_call_limits.py", "services/service_kit/test_admission.py"],
    "S12": [
        "security/test_connections.py",
        "services/service_kit/test_call_limits.py::test_a_client_that_falls_silent_on_its_stream_is_cut",
        "services/service_kit/test_call_limits.py::test_a_client_that_does_not_read_is_cut_and_its_handler_ended",
    ],
    "S13": ["security/test_limits.py"],
    "S14": ["security/test_fuzz.py", "security/test_one_wrong_field.py"],
    "S15": ["security/test_any_id.py", "services/service_kit/test_keys.py"],
    "S16": ["services/service_kit/test_interceptor.py::test_an_unexpected_error_says_nothing"],
    "S17": [
        "services/service_kit/test_request_log.py",
        "security/test_fuzz.py::test_nothing_went_wrong_inside",
    ],
    "S18": ["security/test_secrets.py"],
    "S19": ["deploy/test_supply_chain.py"],
    "S20": ["e2e/test_forgetting.py"],
}
