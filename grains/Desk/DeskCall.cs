using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using PmOrleans.GrainInterfaces;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Desk;

/// <summary>One member of the port as a call that travels: arguments and reply as JSON, whose types are those of the member. For what is not hot.</summary>
internal sealed class DeskCall
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private static readonly ConcurrentDictionary<string, DeskCall?> Calls = new(StringComparer.Ordinal);

    private readonly MethodInfo _member;
    private readonly ParameterInfo[] _parameters;
    private readonly Answering _answering;

    private DeskCall(MethodInfo member)
    {
        _member = member;
        _parameters = [.. member.GetParameters().Where(parameter => parameter.ParameterType != typeof(CancellationToken))];
        var value = member.ReturnType.GetGenericArguments()[0].GetGenericArguments()[0];
        _answering = (Answering)Activator.CreateInstance(typeof(Answering<>).MakeGenericType(value))!;
    }

    /// <summary>The member of that name; <c>null</c> when there is none.</summary>
    public static DeskCall? Find(string member) => Calls.GetOrAdd(member, static name =>
        typeof(IDecisionNode).GetInterfaces().Append(typeof(IDecisionNode)).SelectMany(port => port.GetMethods())
            .FirstOrDefault(method => method.Name == name && method.ReturnType.Name.StartsWith("ValueTask", StringComparison.Ordinal)) is { } found
            ? new DeskCall(found)
            : null);

    public byte[] Write(object?[] arguments)
    {
        var elements = _parameters.Select((parameter, index) => JsonSerializer.SerializeToElement(arguments[index], parameter.ParameterType, Json));
        return JsonSerializer.SerializeToUtf8Bytes(elements.ToArray(), Json);
    }

    /// <summary>Makes the call here.</summary>
    public ValueTask<DeskReply> AnswerAsync(IDecisionNode node, byte[] arguments)
    {
        var elements = JsonSerializer.Deserialize<JsonElement[]>(arguments, Json)!;
        var given = _parameters.Select((parameter, index) => elements[index].Deserialize(parameter.ParameterType, Json)).Append(CancellationToken.None).ToArray();
        return _answering.AnswerAsync(_member.Invoke(node, given)!);
    }

    /// <summary>A pending reply of the member's type out of one that travels.</summary>
    public object Read(Task<DeskReply> reply) => _answering.Read(reply);

    private abstract class Answering
    {
        public abstract ValueTask<DeskReply> AnswerAsync(object pending);

        public abstract object Read(Task<DeskReply> reply);
    }

    private sealed class Answering<T> : Answering
        where T : class
    {
        public override async ValueTask<DeskReply> AnswerAsync(object pending)
        {
            var reply = await (ValueTask<Reply<T>>)pending;
            return reply.Refusal is { } refusal
                ? new DeskReply(null, JsonSerializer.SerializeToUtf8Bytes(refusal, Json))
                : new DeskReply(JsonSerializer.SerializeToUtf8Bytes(reply.Value, Json), null);
        }

        public override object Read(Task<DeskReply> reply) => new ValueTask<Reply<T>>(ReadAsync(reply));

        private static async Task<Reply<T>> ReadAsync(Task<DeskReply> pending)
        {
            var reply = await pending;
            return new Reply<T>(
                reply.Value is { } value ? JsonSerializer.Deserialize<T>(value, Json) : null,
                reply.Refusal is { } refusal ? JsonSerializer.Deserialize<Refusal>(refusal, Json) : null);
        }
    }
}
