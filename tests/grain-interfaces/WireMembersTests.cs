using System.Text;
using PmOrleans.GrainInterfaces.Serialization.Wire;

namespace PmOrleans.GrainInterfaces.Tests;

/// <summary>Members are known by their place: they are appended, and never moved, removed or given another type.</summary>
public sealed class WireMembersTests
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Golden", "wire-members.txt");

    [Fact]
    public void the_members_of_everything_that_travels_are_those_of_the_golden_file_or_come_after_them()
    {
        var now = Types().ToDictionary(type => type.FullName!, Members, StringComparer.Ordinal);
        var golden = File.ReadAllLines(Golden).Where(line => line.Length > 0).Select(line => line.Split(": ")).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);

        foreach (var (type, members) in golden)
        {
            Assert.True(now.TryGetValue(type, out var found) && (found + ",").StartsWith(members + ",", StringComparison.Ordinal), $"{type} was {members} and is {now.GetValueOrDefault(type)}");
        }

        var unknown = now.Where(type => golden.GetValueOrDefault(type.Key) != type.Value).Select(type => $"{type.Key}: {type.Value}").Order(StringComparer.Ordinal).ToList();
        Assert.True(unknown.Count == 0, "Put into the golden file:\n" + string.Join('\n', unknown));
    }

    private static IEnumerable<Type> Types()
    {
        var found = new HashSet<Type>();
        foreach (var envelope in Travelling.Envelopes)
        {
            Collect(envelope, found);
        }

        // Envelopes of our own carry Orleans' numbers, and have its codec.
        return found.Where(type => WireValues.IsObject(type) && type.Assembly != typeof(ICustomerGrain).Assembly);
    }

    private static void Collect(Type type, HashSet<Type> found)
    {
        foreach (var part in type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments())
        {
            Collect(part, found);
        }

        if (type.Namespace?.StartsWith("PmOrleans.", StringComparison.Ordinal) == true && found.Add(type))
        {
            foreach (var property in WireMembers.PropertiesOf(type))
            {
                Collect(property.PropertyType, found);
            }
        }
    }

    private static string Members(Type type) => string.Join(", ", WireMembers.PropertiesOf(type).Select(property => $"{property.Name} {Name(property.PropertyType)}"));

    private static string Name(Type type)
    {
        if (!type.IsGenericType)
        {
            return type.Name;
        }

        var name = new StringBuilder(type.Name.AsSpan(0, type.Name.IndexOf('`', StringComparison.Ordinal)).ToString());
        return name.Append('<').AppendJoin(' ', type.GetGenericArguments().Select(Name)).Append('>').ToString();
    }
}
