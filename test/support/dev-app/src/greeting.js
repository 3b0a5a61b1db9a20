exports.greeting = 'one';
