"""KEDA's side of the wire with what guards it: certificates, and wrong tokens."""

import time

import grpc
import pytest
import trustme

from conftest import Service

SECRET = "a secret of some length"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority that signed the service and a client, as PEM files in a folder."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name in ["localhost", "keda"]:
        made = authority.issue_cert(name)
        made.private_key_pem.write_to_path(folder / f"{name}.key")
        made.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    return folder


def secured(certificates, service, client=None, ca="ca.pem"):
    """A channel to the service that trusts the authority, with the certificate of `client` if there is one."""
    read = lambda name: (certificates / name).read_bytes()
    own = {"private_key": read(f"{client}.key"), "certificate_chain": read(f"{client}.pem")} if client else {}
    credentials = grpc.ssl_channel_credentials(root_certificates=read(ca), **own)
    return grpc.secure_channel(f"localhost:{service.grpc}", credentials)


def tls(certificates, more=""):
    return f'tls = {{ cert = "{certificates}/localhost.pem", key = "{certificates}/localhost.key"{more} }}'


def asked(stub, messages, **metadata):
    about = messages.ScaledObjectRef(name="shop", scalerMetadata={"target": "shop", "metric": "instances", **metadata})
    request = messages.GetMetricsRequest(scaledObjectRef=about, metricName="forescale-shop-instances")
    return stub.GetMetrics(request, timeout=10).metricValues[0].metricValueFloat


def first(stub, messages, **metadata):
    """The first number that there is: a service that has just begun has no plan."""
    end = time.monotonic() + 60
    while True:
        try:
            return asked(stub, messages, **metadata)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or time.monotonic() > end:
                raise
        time.sleep(0.3)


@pytest.fixture
def begun():
    """Starts services that end with the test."""
    services = []

    def begin(*arguments, **more):
        services.append(Service(*arguments, **more))
        return services[-1]

    yield begin
    for service in services:
        service.process.kill()
        service.process.wait()


def guarded(tmp_path, begun, certificates):
    """A service over TLS that wants the token."""
    (tmp_path / "token").write_text(f"{SECRET}\n")
    return begun(tmp_path, server=f'token-file = "token"\n{tls(certificates)}')


def test_keda_asks_over_tls_with_the_token(tmp_path, begun, certificates, wire):
    messages, calls = wire
    service = guarded(tmp_path, begun, certificates)
    with secured(certificates, service) as channel:
        stub = calls.ExternalScalerStub(channel)
        assert first(stub, messages, tokenFromEnv=SECRET) > 0
        with pytest.raises(grpc.RpcError) as error:
            asked(stub, messages)
        assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
    # Neither without TLS nor with another authority.
    for channel in [
        grpc.insecure_channel(f"localhost:{service.grpc}"),
        secured(certificates, service, ca="keda.pem"),
    ]:
        with channel, pytest.raises(grpc.RpcError) as error:
            asked(calls.ExternalScalerStub(channel), messages, tokenFromEnv=SECRET)
        assert error.value.code() == grpc.StatusCode.UNAVAILABLE


def test_a_client_certificate_stands_for_the_token(tmp_path, begun, certificates, wire):
    messages, calls = wire
    service = begun(tmp_path, server=tls(certificates, f', client-ca = "{certificates}/ca.pem"'))
    with secured(certificates, service, client="keda") as channel:
        assert first(calls.ExternalScalerStub(channel), messages) > 0
    with secured(certificates, service) as channel, pytest.raises(grpc.RpcError) as error:
        asked(calls.ExternalScalerStub(channel), messages)
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE


def test_who_guesses_tokens_has_to_wait(tmp_path, begun, certificates, wire):
    messages, calls = wire
    service = guarded(tmp_path, begun, certificates)
    with secured(certificates, service) as channel:
        stub = calls.ExternalScalerStub(channel)
        assert first(stub, messages, tokenFromEnv=SECRET) > 0
        codes = []
        for guess in range(40):
            with pytest.raises(grpc.RpcError) as error:
                asked(stub, messages, tokenFromEnv=f"guess number {guess}")
            codes.append(error.value.code())
        assert codes == [grpc.StatusCode.UNAUTHENTICATED] * 30 + [grpc.StatusCode.RESOURCE_EXHAUSTED] * 10
        # Who knows it may share the address of who guesses.
        assert first(stub, messages, tokenFromEnv=SECRET) > 0
