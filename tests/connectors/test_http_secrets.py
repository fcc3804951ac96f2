import httpx
import pytest

from connectors.http import Dialect, PartnerHttp, make_client
from hub.errors import ContractBroken, PartnerError

SECRET = "s3cr3t-key"


class Echo(httpx.AsyncBaseTransport):
    """A server that quotes in its answer all that it was sent."""

    def __init__(self, status):
        self.status = status

    async def handle_async_request(self, request):
        quoted = {"url": str(request.url), "said": [f"{k} {v}" for k, v in request.headers.items()], "token": SECRET}
        return httpx.Response(self.status, json=quoted)


def told(error):
    return f"{error} {error!r} {error.__dict__} {error.__cause__}"


@pytest.mark.parametrize("status", [301, 400, 401, 404, 405, 429, 500, 503])
@pytest.mark.parametrize(
    "secret",
    [
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        {"headers": {"DHL-API-Key": SECRET}},
        {"params": {"apikey": SECRET}},
        {"auth": ("user", SECRET)},
    ],
)
async def test_no_secret_stands_in_an_error(make_http, status, secret):
    http = make_http(transport=Echo(status), dialect=Dialect(error_code=lambda r: r.text[-80:]))
    with pytest.raises(PartnerError) as caught:
        await http.request("POST", f"/parcels/{SECRET}", **secret)
    assert SECRET not in told(caught.value)


async def test_no_secret_stands_in_the_payload_of_an_unknown_shape(make_http):
    http = make_http(transport=Echo(200), client_options={"auth": ("user", SECRET)})
    response = await http.request("GET", "/parcels", params={"access_token": SECRET})
    with pytest.raises(ContractBroken) as caught:
        http.parse_json(response, list[int])
    assert SECRET not in told(caught.value)
    assert "[hidden]" in str(caught.value.payload)


async def test_a_header_that_cannot_be_sent_is_not_quoted(parcels, clock, loopback):
    async with make_client(await loopback(parcels)) as client:
        http = PartnerHttp("parcels", client, clock)
        with pytest.raises(ContractBroken, match="LocalProtocolError") as caught:
            await http.request("GET", "/parcels", headers={"Authorization": f"Bearer {SECRET}\n"})
    assert SECRET not in told(caught.value)
