using System.Text;
using System.Text.Json;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;

namespace PmOrleans.Simulator.Load;

/// <summary>The requests of a load by their number: what each is, for whom, and its bytes. The same number gives the same ids.</summary>
/// <param name="run">Text that makes the ids of this run its own.</param>
/// <param name="hotOffers">Offers of the hot campaign.</param>
internal sealed class Workload(LoadOptions options, string run, IReadOnlyList<string> placements, IReadOnlyList<string> hotOffers, string host)
{
    private const int HotOnes = 10;
    private const long TwoHours = 7_200_000_000;

    /// <summary>An answer is given and its impression told of this many requests later.</summary>
    private const long Behind = 2000;

    private readonly ZipfDraw _zipf = new(options.Customers, options.Zipf);
    private readonly Draws _kinds = new Draws(options.Seed).For(61);
    private readonly Draws _customers = new Draws(options.Seed).For(62);
    private readonly Draws _contents = new Draws(options.Seed).For(63);
    private readonly byte[][] _placements = [.. placements.Select(InJson)];
    private readonly byte[][] _hotOffers = [.. hotOffers.Select(InJson)];
    private readonly byte[] _decisions = Head("/v1/decisions", host, options.Key);
    private readonly byte[] _touchpoints = Head("/v1/touchpoints", host, options.Key);

    public RequestKind KindOf(long number)
    {
        var faults = options.Faults;
        var draw = _kinds.For(1).Uniform((ulong)number);
        if (draw < faults.Total)
        {
            if ((draw -= faults.Malformed) < 0)
            {
                return RequestKind.Malformed;
            }

            if ((draw -= faults.Late) < 0)
            {
                return RequestKind.LateTouchpoints;
            }

            if (draw - faults.Reordered < 0)
            {
                return RequestKind.ReorderedTouchpoints;
            }

            return number < Behind ? Plain(number) : Plain(number - Behind) == RequestKind.Decision ? RequestKind.DuplicateDecision : RequestKind.DuplicateTouchpoints;
        }

        return Plain(number);
    }

    /// <summary>Ids of those who come most often.</summary>
    public static IReadOnlyList<string> Popular(LoadOptions options, int count)
    {
        var hot = options.HotCustomers > 0 ? Enumerable.Range(0, HotOnes) : [];
        return [.. hot.Concat(Enumerable.Range(0, count).Select(rank => OfRank(rank, options.Customers))).Where(number => number < options.Customers).Distinct().Take(count).Select(number => $"c-{number}")];
    }

    /// <summary>Whether a status is what this kind of request must get.</summary>
    public static bool IsExpected(RequestKind kind, int status) => kind switch
    {
        RequestKind.Decision or RequestKind.DuplicateDecision => status == 200,
        RequestKind.Malformed => status == 400,
        _ => status == 202,
    };

    /// <summary>The bytes of a request, valid until the buffer is used again.</summary>
    public ReadOnlySpan<byte> Request(long number, RequestKind kind, long nowMicros, RequestBuffer buffer)
    {
        buffer.Clear();
        switch (kind)
        {
            case RequestKind.Decision:
                Decision(buffer, number);
                break;
            case RequestKind.DuplicateDecision:
                Decision(buffer, number - Behind);
                break;
            case RequestKind.DuplicateTouchpoints:
                // Without a claimed time: the first was sent at another one, and only the ids have to be the same.
                Touchpoints(buffer, number - Behind, null, isReversed: false);
                break;
            case RequestKind.LateTouchpoints:
                Touchpoints(buffer, number, nowMicros - TwoHours, isReversed: false);
                break;
            case RequestKind.ReorderedTouchpoints:
                Touchpoints(buffer, number, nowMicros - 60_000_000, isReversed: true);
                break;
            case RequestKind.Malformed:
                Malformed(buffer, number);
                break;
            default:
                Touchpoints(buffer, number, null, isReversed: false);
                break;
        }

        return buffer.Finish(kind is RequestKind.Decision or RequestKind.DuplicateDecision or RequestKind.Malformed ? _decisions : _touchpoints);
    }

    private static byte[] Head(string path, string host, string? key) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {host}\r\n{(key is null ? "" : $"Authorization: Bearer {key}\r\n")}Content-Type: application/json\r\nContent-Length: ");

    private static byte[] InJson(string id) => JsonEncodedText.Encode(id).EncodedUtf8Bytes.ToArray();

    private RequestKind Plain(long number) => _kinds.Uniform((ulong)number) < options.DecisionShare ? RequestKind.Decision : RequestKind.Touchpoints;

    private bool TellsOfDecisions(long number) =>
        KindOf(number) is RequestKind.Touchpoints or RequestKind.LateTouchpoints or RequestKind.ReorderedTouchpoints;

    private int Customer(long number, int part = 0)
    {
        if (_customers.For(1).Uniform((ulong)number) < options.HotCustomers)
        {
            return (int)(_customers.For(2).Uniform((ulong)number) * Math.Min(HotOnes, options.Customers));
        }

        return OfRank(_zipf.Rank(_customers.Uniform((ulong)number, (ulong)part)), options.Customers);
    }

    /// <summary>The popular ones are spread over all numbers.</summary>
    private static int OfRank(int rank, int customers) => (int)(rank * 2_654_435_761L % customers);

    private void Decision(RequestBuffer text, long number) => text
        .Append("{\"decisionId\":\""u8).Append(run).Append("-"u8).Append(number)
        .Append("\",\"customerId\":\"c-"u8).Append(Customer(number))
        .Append("\",\"placements\":[{\"id\":\""u8).Append(_placements[number % _placements.Length])
        .Append("\",\"count\":1}],\"context\":{\"channel\":\"web\",\"device\":\""u8).Append(number % 3 == 0 ? "desktop"u8 : "mobile"u8).Append("\"}}"u8);

    private void Touchpoints(RequestBuffer text, long number, long? atMicros, bool isReversed)
    {
        text.Append("["u8);
        var isMine = true;
        for (var i = 0; i < options.Batch; i++)
        {
            // The decisions since the touchpoints before: each is answered once, by the first request that tells of anything.
            isMine &= i == 0 || !TellsOfDecisions(number - i);
            text.Append(i == 0 ? ""u8 : ","u8).Append("{\"messageId\":\""u8).Append(run).Append("-m"u8).Append(number).Append("-"u8).Append(i).Append("\",\"customerId\":\"c-"u8);
            var answered = number - Behind - i;
            if (_contents.Uniform((ulong)number, (ulong)i) < options.HotCampaign && _hotOffers.Length > 0)
            {
                text.Append(Customer(number, i)).Append("\",\"type\":\"click\",\"offerId\":\""u8).Append(_hotOffers[(number + i) % _hotOffers.Length]).Append("\""u8);
            }
            else if (isMine && answered >= 0 && KindOf(answered) == RequestKind.Decision)
            {
                var isClick = _contents.For(1).Uniform((ulong)answered) < .05;
                text.Append(Customer(answered)).Append("\",\"type\":\""u8).Append(isClick ? "click"u8 : "impression"u8).Append("\",\"decisionId\":\""u8).Append(run).Append("-"u8).Append(answered).Append("\""u8);
            }
            else
            {
                text.Append(Customer(number, i)).Append("\",\"type\":\"view\",\"properties\":{\"sku\":\"A-"u8).Append((number + i) % 1000).Append("\"}"u8);
            }

            if (atMicros is { } at)
            {
                text.Append(",\"at\":\""u8).Append(Micros.ToText(at + (isReversed ? -i : i) * 1_000_000L)).Append("\""u8);
            }

            text.Append(",\"channel\":\"web\"}"u8);
        }

        text.Append("]"u8);
    }

    private void Malformed(RequestBuffer text, long number)
    {
        switch (number % 4)
        {
            case 0:
                text.Append("{\"customerId\":\"c-"u8).Append(Customer(number)).Append("\",\"placements\":["u8);
                break;
            case 1:
                text.Append("{\"customerId\":\"c-"u8).Append(Customer(number)).Append("\",\"placement\":\""u8).Append(_placements[0]).Append("\"}"u8);
                break;
            case 2:
                text.Append("{\"customerId\":7,\"placements\":[{\"id\":\""u8).Append(_placements[0]).Append("\",\"count\":1}]}"u8);
                break;
            default:
                text.Append("{\"customerId\":\"c-"u8).Append(Customer(number)).Append("\",\"placements\":[{\"id\":\""u8).Append(_placements[0]).Append("\",\"count\":-1}]}"u8);
                break;
        }
    }
}
